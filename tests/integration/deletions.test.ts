import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Kind, OperationTypeNode, print, type DocumentNode } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { uploadArtifact } from '#core/artifacts/upload-artifact.ts';
import { sendMessage } from '#core/conversations/send-message.ts';
import { removeDeleted } from '#core/deletions/remove-deleted.ts';
import { removeSomeOfProject } from '#core/deletions/remove-project.ts';
import { follow } from '#core/events/follow.ts';
import { runCycles } from '#core/orchestrator/run-cycle.ts';
import { rulesPlanner } from '#core/planner/rules/rules-planner.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { deleteProject } from '#core/projects/delete-project.ts';
import { heartbeatRuns } from '#core/runs/heartbeat.ts';
import { sweepLeases } from '#core/runs/sweep-leases.ts';
import { copyStateVersions } from '#core/state-document/copy-to-git.ts';
import { rebuildStaleState } from '#core/state-document/rebuild-state.ts';
import { deleteTask } from '#core/tasks/delete-task.ts';
import { followUpTask } from '#core/tasks/follow-up-task.ts';
import { approveTask } from '#core/tasks/approve-task.ts';
import { transitionTask } from '#core/tasks/transition-task.ts';
import { reportWorkFolders } from '#core/work-folders/report-work-folders.ts';
import type { Agent, Project } from '#prisma/generated/client/client.ts';
import { makeRepository } from '#runner/testing/repositories.ts';
import { post } from '#tests/kit/graphql-client.ts';
import { growHistory } from '#tests/kit/history.ts';
import { program, startTestRunner } from '#tests/kit/runner.ts';
import { endLease, failed, runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import type { HeldRun } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { errorOf, until } from '#tests/kit/until.ts';
import * as webDocuments from '../../web/app/graphql/gql/graphql.ts';

let system: TestSystem;
let core: Core;
let url: string;
let owner: UserActor & { token: string };
let admin: UserActor & { token: string };
let project: Project;
let agent: Agent;
let runner: ReturnType<typeof runnerSide>;
let runnerActor: Awaited<ReturnType<ReturnType<typeof seeder>['runner']>>['actor'];
beforeAll(async () => {
  system = await startTestSystem();
  ({ core } = system);
  ({ url } = await system.startApi());
  owner = await seeder(core).user();
  admin = await seeder(core).user({ isAdmin: true });
});
beforeEach(async () => {
  project = await seeder(core).project(owner);
  agent = await seeder(core).agent(project);
  ({ actor: runnerActor } = await seeder(core).runner(undefined, { projectIds: [project.id] }));
  runner = runnerSide(core, runnerActor);
});
afterAll(() => system.close());

const removeAll = async (): Promise<void> => {
  while (await removeDeleted(core)) continue;
};
const newTask = (title = 'Add a file') => scheduledTask(core, owner, project, agent, { title });
async function upload(held: HeldRun): Promise<string> {
  const artifact = await uploadArtifact(
    core,
    runnerActor,
    { runId: held.spec.runId, leaseToken: held.token, kind: 'report', name: 'report.md' },
    [Buffer.from('What was done')] as never,
  );
  return path.join(core.dataDirectory, 'projects', artifact.storagePath);
}
/** A task whose run has ended, with two lines and a file. */
async function workedTask() {
  const task = await newTask();
  const held = await runner.claim();
  await runner.append(held, 0, ['one', 'two']);
  const file = await upload(held);
  await runner.complete(held, { lineCount: 2 });
  return { task, held, file };
}
const linesOf = async (runId: string): Promise<number> => core.db.agentRunLog.count({ where: { runId } });
async function member(role: 'viewer' | 'maintainer'): Promise<UserActor> {
  const person = await seeder(core).user();
  await core.db.projectMember.create({ data: { id: newId(), projectId: project.id, userId: person.userId, role } });
  return person;
}

describe('a task that is deleted', () => {
  test('goes with its runs, lines, files and audit trail, and a record of it stays', async () => {
    const { task, held, file } = await workedTask();
    expect(await core.db.taskEvent.count({ where: { taskId: task.id } })).toBeGreaterThan(3);
    const deletion = await deleteTask(core, owner, { taskId: task.id });
    expect(deletion).toMatchObject({
      kind: 'task',
      entityId: task.id,
      name: 'Add a file',
      projectName: 'Demo',
      deletedBy: owner.email,
      taskCount: 1,
      runCount: 1,
      logLineCount: 2n,
      artifactCount: 1,
      finishedAt: null,
    });
    await removeAll();
    expect(await core.db.task.count({ where: { id: task.id } })).toBe(0);
    expect(await core.db.taskEvent.count({ where: { taskId: task.id } })).toBe(0);
    expect(await core.db.agentRun.count({ where: { taskId: task.id } })).toBe(0);
    expect(await core.db.artifact.count({ where: { taskId: task.id } })).toBe(0);
    expect(await linesOf(held.spec.runId)).toBe(0);
    expect(existsSync(file)).toBe(false);
    const [record] = await core.db.deletion.findMany({ where: { entityId: task.id } });
    expect(record?.finishedAt).not.toBeNull();
  });

  test('lines and files go also when the process ends right after the commit', async () => {
    const { task, held, file } = await workedTask();
    await deleteTask(core, owner, { taskId: task.id });
    expect([await linesOf(held.spec.runId), existsSync(file)]).toEqual([2, true]);
    // Another process, later.
    const other = system.openCore();
    await removeDeleted(other);
    await other.close();
    expect([await linesOf(held.spec.runId), existsSync(file)]).toEqual([0, false]);
  });

  test('is refused while a run works, and says to stop it; one that waits goes with it', async () => {
    const working = await newTask();
    const held = await runner.claim();
    expect(await errorOf(deleteTask(core, owner, { taskId: working.id }))).toMatchObject({
      code: 'CONFLICT',
      current: held.spec.runId,
      message: expect.stringContaining('Stop it first') as string,
    });
    expect(await core.db.task.count({ where: { id: working.id } })).toBe(1);
    const waiting = await newTask();
    await deleteTask(core, owner, { taskId: waiting.id });
    expect(await core.db.agentRun.count({ where: { taskId: waiting.id } })).toBe(0);
  });

  test('twice, and by two at once, is one deletion', async () => {
    const { task } = await workedTask();
    const both = await Promise.all([1, 2].map(() => deleteTask(core, owner, { taskId: task.id })));
    expect(new Set(both.map(({ id }) => id)).size).toBe(1);
    expect((await deleteTask(core, admin, { taskId: task.id })).id).toBe(both[0]?.id);
    const maintainer = await member('maintainer');
    expect(await errorOf(deleteTask(core, maintainer, { taskId: task.id }))).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a deletion and a claim of its run at once: one of them wins', async () => {
    for (let i = 0; i < 10; i += 1) {
      const task = await newTask();
      const [deleted, claimed] = await Promise.all([
        deleteTask(core, owner, { taskId: task.id }).catch((error: { code: string }) => error.code),
        runner.claimOrNull(),
      ]);
      expect(claimed === null ? 'deleted' : deleted).toBe(claimed === null ? 'deleted' : 'CONFLICT');
      if (claimed) await runner.complete(claimed, failed);
    }
  });

  test('takes an owner, or who asked for it before anybody began', async () => {
    const [viewer, maintainer] = [await member('viewer'), await member('maintainer')];
    const task = await newTask();
    expect(await errorOf(deleteTask(core, viewer, { taskId: task.id }))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await errorOf(deleteTask(core, maintainer, { taskId: task.id }))).toMatchObject({ code: 'FORBIDDEN' });
    const own = await seeder(core).task(maintainer, project);
    expect(await deleteTask(core, maintainer, { taskId: own.id })).toMatchObject({ taskCount: 1 });
    await deleteTask(core, owner, { taskId: task.id });
    const begun = await scheduledTask(core, maintainer, project, agent);
    await runner.complete(await runner.claim(), failed);
    expect(await errorOf(deleteTask(core, maintainer, { taskId: begun.id }))).toMatchObject({ code: 'FORBIDDEN' });
  });

  test('its follow-ups stand by themselves, and messages name it no more', async () => {
    const task = await newTask();
    await transitionTask(core, owner, { taskId: task.id, to: 'canceled' });
    const next = await followUpTask(core, owner, { taskId: task.id });
    const conversation = await core.db.conversation.findFirstOrThrow({ where: { projectId: project.id } });
    const message = await core.db.message.create({
      data: {
        id: newId(),
        projectId: project.id,
        conversationId: conversation.id,
        role: 'agent',
        content: 'Done',
        relatedTaskId: task.id,
        tasks: { create: { taskId: task.id } },
      },
    });
    await deleteTask(core, owner, { taskId: task.id });
    expect(await core.db.task.findUniqueOrThrow({ where: { id: next.id } })).toMatchObject({ parentTaskId: null });
    expect(
      await core.db.message.findUniqueOrThrow({ where: { id: message.id }, include: { tasks: true } }),
    ).toMatchObject({ relatedTaskId: null, tasks: [] });
  });

  test('a message that asked for it does not make it again', async () => {
    const conversation = await core.db.conversation.findFirstOrThrow({ where: { projectId: project.id } });
    await sendMessage(core, owner, { conversationId: conversation.id, content: 'Add a file named notes.txt' });
    await runCycles(core, project.id, { planner: rulesPlanner });
    const task = await core.db.task.findFirstOrThrow({ where: { projectId: project.id } });
    await deleteTask(core, owner, { taskId: task.id });
    await runCycles(core, project.id, { planner: rulesPlanner });
    expect(await core.db.task.count({ where: { projectId: project.id } })).toBe(0);
  });

  test('the state document tells of it no more', async () => {
    const task = await newTask('A title to look for');
    await rebuildStaleState(core, project.id);
    const newest = () =>
      core.db.projectStateVersion.findFirstOrThrow({ where: { projectId: project.id }, orderBy: { version: 'desc' } });
    expect((await newest()).content).toContain('A title to look for');
    await deleteTask(core, owner, { taskId: task.id });
    await rebuildStaleState(core, project.id);
    expect((await newest()).content).not.toContain('A title to look for');
  });

  test('waits for a merge to end, and goes when it has', async () => {
    const task = await newTask();
    await runner.complete(await runner.claim());
    await approveTask(core, owner, { taskId: task.id });
    const merge = await runner.claim();
    await runner.requestLanding(merge);
    expect(await errorOf(deleteTask(core, owner, { taskId: task.id }))).toMatchObject({ code: 'CONFLICT' });
    await runner.complete(merge);
    expect(await deleteTask(core, owner, { taskId: task.id })).toMatchObject({ runCount: 2 });
  });

  test('followers are told', async () => {
    const task = await newTask();
    const events = follow(core, project.id, null);
    const next = events.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await deleteTask(core, owner, { taskId: task.id });
    expect((await next).value).toMatchObject({ type: 'task.deleted', entity: { id: task.id, patch: {} } });
    await events.return(undefined);
  });
});

describe('a lost run whose task was deleted', () => {
  async function lostRun(): Promise<{ held: HeldRun; taskId: string }> {
    const task = await newTask();
    const held = await runner.claim();
    await runner.append(held, 0, ['one']);
    await endLease(core, held.spec.runId);
    await sweepLeases(core);
    await deleteTask(core, owner, { taskId: task.id });
    return { held, taskId: task.id };
  }

  test('its runner is told so clearly, whatever it brings', async () => {
    const { held } = await lostRun();
    const lost = { code: 'LEASE_LOST' };
    expect(await errorOf(runner.append(held, 1, ['tail']))).toMatchObject(lost);
    expect(await errorOf(runner.complete(held, { lineCount: 1 }))).toMatchObject(lost);
    expect(await errorOf(upload(held))).toMatchObject(lost);
    expect(await errorOf(runner.reportLanding(held, false))).toMatchObject(lost);
    const [lease] = await heartbeatRuns(core, runnerActor, [{ runId: held.spec.runId, leaseToken: held.token }]);
    expect(lease).toMatchObject({ isHeld: false });
    await removeAll();
    expect(await linesOf(held.spec.runId)).toBe(0);
  });

  test('its runner learns that the task is gone, until it has no folder of it any more', async () => {
    const { taskId } = await lostRun();
    const stranger = (await seeder(core).runner()).actor;
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
    const report = (folders: (typeof folder)[], by = runnerActor) =>
      reportWorkFolders(core, by, { report: { folders } });
    expect(await report([folder])).toMatchObject([{ task: 'deleted', isMerged: false }]);
    expect((await report([folder]))[0]?.overForMs).toBeGreaterThan(0);
    expect(await report([folder], stranger)).toMatchObject([{ task: 'unknown', overForMs: 0 }]);
    await report([]);
    expect(await core.db.deletedTask.count({ where: { taskId } })).toBe(0);
  });
});

test('a real runner that was away gives the run up, and the folder of the deleted task back', async () => {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'overmind-deletions-')));
  const repository = makeRepository(path.join(folder, 'repo'));
  const theirs = await seeder(core).project(owner, 'Away', repository.root);
  const agentOfTheirs = await seeder(core).agent(theirs);
  await seeder(core).configure(agentOfTheirs, {
    commands: [program('print-until', '/nowhere', '20')],
    baseBranch: 'main',
  });
  const { token } = await seeder(core).runner('away', { projectIds: [theirs.id] });
  const away = await startTestRunner({ url, token, roots: [repository.root], workFolders: { graceMs: 0 } });
  const namesIn = (room: string): string[] => {
    const at = path.join(away.folder, room);
    return existsSync(at) ? readdirSync(at) : [];
  };
  try {
    const task = await scheduledTask(core, owner, theirs, agentOfTheirs);
    const run = await until(
      () => core.db.agentRun.findFirstOrThrow({ where: { taskId: task.id } }),
      ({ lineCount }) => lineCount > 5,
      30_000,
    );
    expect(namesIn('ledger')).toHaveLength(1);
    away.signal('SIGSTOP');
    await endLease(core, run.id);
    await until(
      () => sweepLeases(core),
      (lost) => lost > 0,
    );
    await deleteTask(core, owner, { taskId: task.id });
    await removeAll();
    away.signal('SIGCONT');
    await until(
      () => [...namesIn('runs'), ...namesIn('work'), ...namesIn('ledger')],
      (names) => names.length === 0,
      60_000,
    );
    expect(await linesOf(run.id)).toBe(0);
    expect(repository.git('status', '--porcelain')).toBe('');
    await until(
      () => core.db.deletedTask.count({ where: { taskId: task.id } }),
      (count) => count === 0,
    );
  } finally {
    away.signal('SIGCONT');
    await away.stop();
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);

describe('the audit trail', () => {
  test('is as it was for all who are not deleting', async () => {
    const task = await newTask();
    const other = await newTask();
    const { id: deletionId } = await deleteTask(core, owner, { taskId: other.id });
    const refused = /append only: (DELETE|UPDATE|TRUNCATE) refused/;
    const as = (sql: string) =>
      core.db.$transaction(async (tx) => {
        await tx.$queryRaw`select set_config('overmind.deletion_id', ${deletionId}, true)`;
        await tx.$executeRawUnsafe(sql);
      });
    const attempts = [
      `delete from task_events where task_id = '${task.id}'`,
      `delete from tasks where id = '${task.id}'`,
      `update task_events set payload = '{}' where task_id = '${task.id}'`,
      'truncate task_events',
    ];
    for (const sql of attempts) {
      expect((await errorOf(core.pool.query(sql))).message).toMatch(refused);
      expect((await errorOf(as(sql))).message).toMatch(refused);
    }
  });

  test('a record of a deletion can not be changed or removed', async () => {
    const { id } = await deleteTask(core, owner, { taskId: (await newTask()).id });
    await removeAll();
    for (const sql of [
      `update deletions set name = 'x' where id = '${id}'`,
      `update deletions set finished_at = null where id = '${id}'`,
      `delete from deletions where id = '${id}'`,
      'truncate deletions cascade',
    ])
      expect((await errorOf(core.pool.query(sql))).message).toMatch(/on record/);
  });
});

const REMAINS = `
  select (select count(*) from tasks where project_id = $1)::int as tasks, (select count(*) from agent_runs where project_id = $1)::int as runs,
         (select count(*) from realtime_events where project_id = $1)::int as events, (select count(*) from messages where project_id = $1)::int as messages,
         (select count(*) from project_state_versions where project_id = $1)::int as versions, (select count(*) from projects where id = $1)::int as projects,
         (select count(*) from pending_removals)::int as removals`;
const NOTHING = { tasks: 0, runs: 0, events: 0, messages: 0, versions: 0, projects: 0, removals: 0 };
const remains = async (): Promise<unknown> => (await core.pool.query<object>(REMAINS, [project.id])).rows[0];

describe('a project that is deleted', () => {
  test('is hidden at once, and goes with everything in it', async () => {
    const { file, held } = await workedTask();
    await newTask();
    await rebuildStaleState(core, project.id);
    await copyStateVersions(core, project.id);
    const folder = path.join(core.dataDirectory, 'projects', project.id);
    expect(existsSync(folder)).toBe(true);
    const deletion = await deleteProject(core, owner, { projectId: project.id, name: project.name });
    expect(deletion).toMatchObject({ kind: 'project', name: 'Demo', taskCount: 2, runCount: 2, logLineCount: 2n });
    const seen = await post(url, 'query ($id: ID!) { project(id: $id) { id } }', { id: project.id }, admin.token);
    expect(seen.data?.['project']).toBeNull();
    expect(await runner.claimOrNull()).toBeNull();
    await removeAll();
    expect(await remains()).toEqual(NOTHING);
    expect(await linesOf(held.spec.runId)).toBe(0);
    expect([existsSync(file), existsSync(folder)]).toEqual([false, false]);
    // A wake-up from before makes no folder again.
    await copyStateVersions(core, project.id);
    await rebuildStaleState(core, project.id);
    await runCycles(core, project.id, { planner: rulesPlanner });
    expect(existsSync(folder)).toBe(false);
    expect((await core.db.deletion.findUniqueOrThrow({ where: { id: deletion.id } })).finishedAt).not.toBeNull();
  });

  test('takes its name, an owner, and that nobody works', async () => {
    const maintainer = await member('maintainer');
    const by = (actor: UserActor, name = project.name) => deleteProject(core, actor, { projectId: project.id, name });
    expect(await errorOf(by(maintainer))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await errorOf(by(owner, 'demo'))).toMatchObject({ code: 'BAD_USER_INPUT' });
    await newTask();
    const held = await runner.claim();
    expect(await errorOf(by(owner))).toMatchObject({ code: 'CONFLICT', current: held.spec.runId });
    await runner.complete(held, failed);
    const both = await Promise.all([by(owner), by(admin)]);
    expect(both[0].id).toBe(both[1].id);
    expect(await errorOf(by(maintainer))).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('an archived one can be deleted', async () => {
    await core.db.project.update({ where: { id: project.id }, data: { status: 'archived' } });
    await deleteProject(core, owner, { projectId: project.id, name: project.name });
    await removeAll();
    expect(await remains()).toEqual(NOTHING);
  });

  test('changes nothing any more for who had begun before', async () => {
    const task = await newTask();
    const claims: Promise<unknown>[] = [];
    const deleting = deleteProject(core, owner, { projectId: project.id, name: project.name }).catch(
      (error: { code: string }) => error.code,
    );
    for (let i = 0; i < 5; i += 1)
      claims.push(
        runner.claimOrNull(),
        newTask().catch((error: { code: string }) => error.code),
      );
    const [deleted, ...others] = await Promise.all([deleting, ...claims]);
    const isClaimed = others.some((other) => typeof other === 'object' && other !== null && 'spec' in other);
    expect(isClaimed ? deleted : 'deleted').toBe(isClaimed ? 'CONFLICT' : 'deleted');
    if (deleted === 'CONFLICT') return;
    expect(await core.db.agentRun.count({ where: { projectId: project.id, status: { not: 'pending' } } })).toBe(0);
    expect(await errorOf(transitionTask(core, owner, { taskId: task.id, to: 'canceled' }))).toMatchObject({
      code: 'NOT_FOUND',
    });
    await removeAll();
    expect(await remains()).toEqual(NOTHING);
  });

  test('ends what is followed with an event, also for who missed it', async () => {
    const told = follow(core, project.id, null);
    const next = told.next();
    const muted = follow({ ...core, bus: { ...core.bus, listen: () => core.bus.listen('nobody') } }, project.id, null);
    const missed = muted.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await deleteProject(core, owner, { projectId: project.id, name: project.name });
    await removeAll();
    const gone = { type: 'project.deleted', entity: { id: project.id } };
    expect((await next).value).toMatchObject(gone);
    expect((await missed).value).toMatchObject(gone);
    expect([(await told.next()).done, (await muted.next()).done]).toEqual([true, true]);
  });

  test('goes on after any step that it was broken off behind, and other projects keep all of theirs', async () => {
    await workedTask();
    const kept = await seeder(core).project(owner, 'Kept');
    await seeder(core).task(owner, kept);
    const { id } = await deleteProject(core, owner, { projectId: project.id, name: project.name });
    for (let steps = 0; await removeSomeOfProject(core, id, project.id); steps += 1) expect(steps).toBeLessThan(50);
    await removeAll();
    expect(await remains()).toEqual(NOTHING);
    expect(await core.db.task.count({ where: { projectId: kept.id } })).toBe(1);
    expect(await core.db.taskEvent.count({ where: { task: { projectId: kept.id } } })).toBeGreaterThan(0);
  });

  test('a large one takes a request of milliseconds, and short transactions', { timeout: 180_000 }, async () => {
    await growHistory(core, project, agent, { done: 20_000, waiting: 1_000 });
    await core.pool.query(
      `insert into agent_run_logs (run_id, seq, stream, message)
       select r.id, n, 'stdout', 'a line' from (select id from agent_runs where project_id = $1 limit 100) r, generate_series(0, 999) n`,
      [project.id],
    );
    await core.pool.query(
      `update agent_runs set line_count = 1000 where id in (select distinct run_id from agent_run_logs) and project_id = $1`,
      [project.id],
    );
    const beganMs = performance.now();
    const { id, logLineCount } = await deleteProject(core, owner, { projectId: project.id, name: project.name });
    expect(performance.now() - beganMs).toBeLessThan(2_000);
    expect(logLineCount).toBe(100_000n);
    let longestMs = 0;
    for (let isMore = true; isMore;) {
      const stepMs = performance.now();
      isMore = await removeSomeOfProject(core, id, project.id);
      longestMs = Math.max(longestMs, performance.now() - stepMs);
    }
    expect(longestMs).toBeLessThan(5_000);
    await removeAll();
    expect(await remains()).toEqual(NOTHING);
  });
});

/** What each page of the web asks, of what there was. */
const QUERIES = Object.values(webDocuments as Record<string, unknown>).filter(
  (value): value is DocumentNode =>
    (value as DocumentNode | null)?.kind === Kind.DOCUMENT &&
    (value as DocumentNode).definitions.some(
      (part) => part.kind === Kind.OPERATION_DEFINITION && part.operation === OperationTypeNode.QUERY,
    ),
);

test('every page can be read after a task, and after its project, was deleted', async () => {
  const { task, held } = await workedTask();
  const kept = await newTask('Kept');
  const conversation = await core.db.conversation.findFirstOrThrow({ where: { projectId: project.id } });
  await sendMessage(core, owner, { conversationId: conversation.id, content: 'Thanks' });
  await rebuildStaleState(core, project.id);
  const values: Record<string, unknown> = {
    projectId: project.id,
    taskId: task.id,
    runId: held.spec.runId,
    conversationId: conversation.id,
    runnerId: runnerActor.runnerId,
    taskIds: [task.id, kept.id],
    runIds: [held.spec.runId],
    named: task.id,
    isNamed: true,
    status: 'QUEUED',
    statuses: ['QUEUED'],
    version: 1,
    from: 1,
    to: 1,
    path: '/srv/repo',
    text: 'file',
    afterSeq: -1,
    limit: 100,
  };
  const readAll = async (): Promise<void> => {
    expect(QUERIES.length).toBeGreaterThan(15);
    for (const document of QUERIES) {
      const [operation] = document.definitions;
      const declared = operation?.kind === Kind.OPERATION_DEFINITION ? (operation.variableDefinitions ?? []) : [];
      const given = declared.map(({ type, variable }) => ({
        name: variable.name.value,
        isNeeded: type.kind === Kind.NON_NULL_TYPE,
        value: variable.name.value === 'id' ? task.id : values[variable.name.value],
      }));
      // The next page of a list goes on behind a cursor of the first one.
      const missing = given.filter(({ isNeeded, value }) => isNeeded && value === undefined).map(({ name }) => name);
      if (missing.includes('after')) continue;
      expect(missing, print(document).slice(0, 60)).toEqual([]);
      const variables = Object.fromEntries(
        given.filter(({ value }) => value !== undefined).map(({ name, value }) => [name, value]),
      );
      const answer = await post(url, print(document), variables, admin.token);
      const faults = (answer.errors ?? []).filter(({ extensions }) => extensions?.['code'] !== 'NOT_FOUND');
      expect(faults, print(document).slice(0, 60)).toEqual([]);
    }
  };
  await readAll();
  await deleteTask(core, owner, { taskId: task.id });
  await readAll();
  await removeAll();
  await readAll();
  expect(await core.db.task.count({ where: { id: kept.id } })).toBe(1);
  await deleteProject(core, owner, { projectId: project.id, name: project.name });
  await readAll();
  await removeAll();
  await readAll();
});

test('administrators read what was deleted', async () => {
  const { task } = await workedTask();
  const deleted = await post(
    url,
    'mutation ($input: DeleteTaskInput!) { deleteTask(input: $input) { __typename ... on DeleteTaskPayload { deletion { id name runCount logLineCount finishedAt } } } }',
    { input: { taskId: task.id } },
    owner.token,
  );
  expect(deleted.data?.['deleteTask']).toMatchObject({
    __typename: 'DeleteTaskPayload',
    deletion: { name: 'Add a file', runCount: 1, logLineCount: 2 },
  });
  const read = await post(
    url,
    'query ($projectId: ID) { deletions(projectId: $projectId) { nodes { kind entityId deletedBy } } }',
    { projectId: project.id },
    admin.token,
  );
  expect(read.data?.['deletions']).toEqual({
    nodes: [{ kind: 'TASK', entityId: task.id, deletedBy: owner.email }],
  });
});
