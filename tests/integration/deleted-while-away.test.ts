import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { heartbeatRuns } from '#core/runs/heartbeat.ts';
import { sweepLeases } from '#core/runs/sweep-leases.ts';
import { deleteTask } from '#core/tasks/delete-task.ts';
import { reportWorkFolders } from '#core/work-folders/report-work-folders.ts';
import { makeRepository } from '#runner/testing/repositories.ts';
import { program, startTestRunner } from '#tests/kit/runner.ts';
import { endLease, scheduledTask } from '#tests/kit/runs.ts';
import type { HeldRun } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { errorOf, until } from '#tests/kit/until.ts';
import { DeletionWorld } from '#tests/kit/deletions.ts';

const world = new DeletionWorld();

describe('a lost run whose task was deleted', () => {
  async function lostRun(): Promise<{ held: HeldRun; taskId: string }> {
    const task = await world.newTask();
    const held = await world.runner.claim();
    await world.runner.append(held, 0, ['one']);
    await endLease(world.core, held.spec.runId);
    await sweepLeases(world.core);
    await deleteTask(world.core, world.owner, { taskId: task.id });
    return { held, taskId: task.id };
  }

  test('its runner is told so clearly, whatever it brings', async () => {
    const { held } = await lostRun();
    const lost = { code: 'LEASE_LOST' };
    expect(await errorOf(world.runner.append(held, 1, ['tail']))).toMatchObject(lost);
    expect(await errorOf(world.runner.complete(held, { lineCount: 1 }))).toMatchObject(lost);
    expect(await errorOf(world.upload(held))).toMatchObject(lost);
    expect(await errorOf(world.runner.reportLanding(held, false))).toMatchObject(lost);
    const [lease] = await heartbeatRuns(world.core, world.runnerActor, [
      { runId: held.spec.runId, leaseToken: held.token },
    ]);
    expect(lease).toMatchObject({ isHeld: false });
    await world.removeAll();
    expect(await world.linesOf(held.spec.runId)).toBe(0);
  });

  test('its runner learns that the task is gone, until it has no folder of it any more', async () => {
    const { taskId } = await lostRun();
    const stranger = (await seeder(world.core).runner()).actor;
    const at = new Date().toISOString();
    const folder = {
      name: 'folder',
      taskId,
      facts: {
        root: '/srv/repo',
        subfolder: '',
        branch: 'overmind/x/1',
        baseBranch: 'main',
        attempts: 1,
        sizeBytes: 1,
        createdAt: at,
        lastUsedAt: at,
        state: 'kept' as const,
        keptWhy: null,
        problem: null,
      },
    };
    const report = (folders: (typeof folder)[], by = world.runnerActor) =>
      reportWorkFolders(world.core, by, { report: { folders } });
    expect(await report([folder])).toMatchObject([{ task: 'deleted', isMerged: false }]);
    expect((await report([folder]))[0]?.overForMs).toBeGreaterThan(0);
    expect(await report([folder], stranger)).toMatchObject([{ task: 'unknown', overForMs: 0 }]);
    await report([]);
    expect(await world.core.db.deletedTask.count({ where: { taskId } })).toBe(0);
  });
});

test('a real runner that was away gives the run up, and the folder of the deleted task back', async () => {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'overmind-deletions-')));
  const repository = makeRepository(path.join(folder, 'repo'));
  const theirs = await seeder(world.core).project(world.owner, 'Away', repository.root);
  const agentOfTheirs = await seeder(world.core).agent(theirs);
  await seeder(world.core).configure(agentOfTheirs, {
    commands: [program('print-until', '/nowhere', '20')],
    baseBranch: 'main',
  });
  const { token } = await seeder(world.core).runner('away', { projectIds: [theirs.id] });
  const away = await startTestRunner({ url: world.url, token, roots: [repository.root], workFolders: { graceMs: 0 } });
  const namesIn = (room: string): string[] => {
    const at = path.join(away.folder, room);
    return existsSync(at) ? readdirSync(at) : [];
  };
  try {
    const task = await scheduledTask(world.core, world.owner, theirs, agentOfTheirs);
    const run = await until(
      () => world.core.db.agentRun.findFirstOrThrow({ where: { taskId: task.id } }),
      ({ lineCount }) => lineCount > 5,
      30_000,
    );
    expect(namesIn('ledger')).toHaveLength(1);
    away.signal('SIGSTOP');
    await endLease(world.core, run.id);
    await until(
      () => sweepLeases(world.core),
      (lost) => lost > 0,
    );
    await deleteTask(world.core, world.owner, { taskId: task.id });
    await world.removeAll();
    away.signal('SIGCONT');
    await until(
      () => [...namesIn('runs'), ...namesIn('work'), ...namesIn('ledger')],
      (names) => names.length === 0,
      60_000,
    );
    expect(await world.linesOf(run.id)).toBe(0);
    expect(repository.git('status', '--porcelain')).toBe('');
    await until(
      () => world.core.db.deletedTask.count({ where: { taskId: task.id } }),
      (count) => count === 0,
    );
  } finally {
    away.signal('SIGCONT');
    await away.stop();
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);
