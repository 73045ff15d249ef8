import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import type { Core } from '#core/platform/core.ts';
import { updateProject } from '#core/projects/update-project.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { completeRun } from '#core/runs/complete-run.ts';
import { sweepLeases } from '#core/runs/sweep-leases.ts';
import { readStateFacts } from '#core/state/read-facts.ts';
import { approveTask } from '#core/tasks/approve-task.ts';
import { sendBackTask } from '#core/tasks/send-back-task.ts';
import { transitionTask } from '#core/tasks/transition-task.ts';
import type { Agent, AgentRun, Project, Task } from '#prisma/generated/client/client.ts';
import { makeRepository } from '#runner/testing/repositories.ts';
import type { TestRepository } from '#runner/testing/repositories.ts';
import { program, startTestRunner } from '#tests/kit/runner.ts';
import type { TestRunner } from '#tests/kit/runner.ts';
import { endLease, failed, resultOf, runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import type { HeldRun } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { errorOf, until } from '#tests/kit/until.ts';

let system: TestSystem;
let core: Core;
let user: UserActor;
let project: Project;
let agent: Agent;
beforeAll(async () => {
  system = await startTestSystem();
  ({ core } = system);
  user = await seeder(core).user();
});
afterAll(() => system.close());

const taskOf = (task: Task) => core.db.task.findUniqueOrThrow({ where: { id: task.id } });
const runOf = (id: string) => core.db.agentRun.findUniqueOrThrow({ where: { id } });
const mergesOf = (task: Task) =>
  core.db.agentRun.findMany({ where: { taskId: task.id, kind: 'merge' }, orderBy: { attempt: 'asc' } });
const eventsOf = async (task: Task) =>
  (await core.db.taskEvent.findMany({ where: { taskId: task.id }, orderBy: { id: 'asc' } })).map(
    ({ eventType, payload }) => ({ eventType, ...(payload as object) }),
  );
/** What those who follow the project heard last of a run. */
async function lastMessageTold(runId: string): Promise<string | undefined> {
  const events = await core.db.realtimeEvent.findMany({
    where: { projectId: project.id },
    orderBy: { cursor: 'desc' },
  });
  return events
    .map(({ payload }) => payload as { id: string; patch: { message?: string } })
    .find(({ id }) => id === runId)?.patch.message;
}
const cancelTask = (task: Task) => transitionTask(core, user, { taskId: task.id, to: 'canceled' });

describe('the last word', () => {
  let runner: ReturnType<typeof runnerSide>;
  beforeEach(async () => {
    project = await seeder(core).project(user);
    agent = await seeder(core).agent(project);
    runner = runnerSide(core, (await seeder(core).runner(undefined, { projectIds: [project.id] })).actor);
  });

  async function merging(): Promise<{ task: Task; held: HeldRun }> {
    const task = await scheduledTask(core, user, project, agent);
    await runner.complete(await runner.claim());
    await approveTask(core, user, { taskId: task.id });
    return { task, held: await runner.claim() };
  }

  test('is given while the lease runs, also when it is asked for again, and the lease begins anew with it', async () => {
    const { task, held } = await merging();
    await core.pool.query(
      `update agent_runs set lease_expires_at = clock_timestamp() + interval '2 seconds' where id = $1`,
      [held.spec.runId],
    );
    const granted = await runner.requestLanding(held);
    expect(granted.landingAt).not.toBeNull();
    expect(granted.leaseExpiresAt?.getTime()).toBeGreaterThan(Date.now() + 5_000);
    await runner.requestLanding(held);
    await runner.complete(held);
    expect((await taskOf(task)).status).toBe('done');
  });

  test('is refused without the lease, once it has ended by the clock of the database, for a wrong token, another runner and an attempt of an agent', async () => {
    const { held } = await merging();
    await endLease(core, held.spec.runId);
    expect((await errorOf(runner.requestLanding(held)))['code']).toBe('LEASE_LOST');
    expect((await errorOf(runner.requestLanding({ ...held, token: 'x'.repeat(40) })))['code']).toBe('LEASE_LOST');
    const other = runnerSide(core, (await seeder(core).runner()).actor);
    expect((await errorOf(other.requestLanding(held)))['code']).toBe('LEASE_LOST');
    await scheduledTask(core, user, project, agent);
    expect((await errorOf(runner.requestLanding(await runner.claim())))['code']).toBe('CONFLICT');
    expect((await runOf(held.spec.runId)).landingAt).toBeNull();
  });

  test('is refused when the merge or its task is canceled, and when the project is archived', async () => {
    const one = await merging();
    await cancelRun(core, user, one.held.spec.runId);
    expect(await errorOf(runner.requestLanding(one.held))).toMatchObject({
      code: 'CONFLICT',
      message: 'This merge is canceled.',
    });
    const two = await merging();
    await cancelTask(two.task);
    expect((await errorOf(runner.requestLanding(two.held)))['code']).toBe('CONFLICT');
    const three = await merging();
    await core.db.project.update({ where: { id: project.id }, data: { status: 'archived' } });
    expect(await errorOf(runner.requestLanding(three.held))).toMatchObject({
      code: 'CONFLICT',
      message: 'Not merged: the project is archived.',
    });
  });

  test('is refused when its task has gone another way, whoever let it', async () => {
    const { task, held } = await merging();
    await core.db.task.update({
      where: { id: task.id },
      data: { status: 'blocked', blockedReason: 'It waits for a key.' },
    });
    expect(await errorOf(runner.requestLanding(held))).toMatchObject({
      code: 'CONFLICT',
      message: 'Not merged: the task is blocked now.',
    });
    expect((await runOf(held.spec.runId)).landingAt).toBeNull();
  });

  test('holds until the run has ended: no cancel, no other way for the task, no archive', async () => {
    const { task, held } = await merging();
    await runner.requestLanding(held);
    const attempts = [
      () => cancelRun(core, user, held.spec.runId),
      () => cancelTask(task),
      () => sendBackTask(core, user, { taskId: task.id, feedback: 'no' }),
      () => transitionTask(core, user, { taskId: task.id, to: 'queued' }),
      () => updateProject(core, user, { projectId: project.id, status: 'archived' }),
    ];
    for (const attempt of attempts)
      expect(await errorOf(attempt())).toMatchObject({
        code: 'CONFLICT',
        message: expect.stringContaining('It is being merged at the moment') as string,
      });
    expect(await taskOf(task)).toMatchObject({ status: 'needs_review' });
    expect((await core.db.project.findUniqueOrThrow({ where: { id: project.id } })).status).toBe('active');
    await runner.complete(held, { ...failed, reason: 'merge_conflict' });
    expect((await cancelTask(task)).status).toBe('canceled');
  });

  test('and a cancel at the same time: one of them comes first, and what it says holds', async () => {
    for (let round = 0; round < 8; round += 1) {
      const { task, held } = await merging();
      const [word, cancel] = await Promise.allSettled([runner.requestLanding(held), cancelTask(task)]);
      expect([word.status, cancel.status].sort()).toEqual(['fulfilled', 'rejected']);
      expect((await taskOf(task)).status).toBe(word.status === 'fulfilled' ? 'needs_review' : 'canceled');
      if (word.status === 'fulfilled') await runner.complete(held);
      else await runner.complete(held, { ...failed, reason: 'internal' });
    }
  });

  test('is needed for a merge to be completed, and for just these commits; a branch that was not ordered is refused', async () => {
    const { held } = await merging();
    const git = {
      baseBranch: 'main',
      branch: held.spec.branch,
      baseCommit: 'a'.repeat(40),
      headCommit: 'b'.repeat(40),
      filesChanged: 1,
      additions: 1,
      deletions: 0,
    };
    expect(await errorOf(completeRun(core, held.runner, held.token, resultOf(held.spec)))).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('requestLanding') as string,
    });
    await runner.requestLanding(held);
    for (const wrong of [
      { headCommit: 'c'.repeat(40) },
      { baseCommit: 'c'.repeat(40) },
      { branch: 'main' },
      { baseBranch: 'release' },
    ]) {
      expect(
        (await errorOf(completeRun(core, held.runner, held.token, resultOf(held.spec, { git: { ...git, ...wrong } }))))[
          'code'
        ],
      ).toBe('BAD_USER_INPUT');
    }
    await runner.complete(held);
    await scheduledTask(core, user, project, agent);
    const work = await runner.claim();
    expect((await errorOf(runner.complete(work, { git: { ...git, branch: 'main' } })))['code']).toBe('BAD_USER_INPUT');
  });

  async function lost(): Promise<{ task: Task; held: HeldRun }> {
    const merge = await merging();
    await runner.requestLanding(merge.held);
    await endLease(core, merge.held.spec.runId);
    await sweepLeases(core);
    return merge;
  }

  test('and then silence: the outcome is unknown, and is called so, until the runner has looked', async () => {
    const { task, held } = await lost();
    expect(await runOf(held.spec.runId)).toMatchObject({
      status: 'timed_out',
      reason: 'outcome_unknown',
      message: expect.stringContaining('whether it did is not known') as string,
    });
    expect((await taskOf(task)).status).toBe('needs_review');
    for (let twice = 0; twice < 2; twice += 1) await runner.reportLanding(held, true);
    const { message } = await runOf(held.spec.runId);
    expect(await runOf(held.spec.runId)).toMatchObject({
      status: 'timed_out',
      reason: 'outcome_unknown',
      landingIsMerged: true,
      headCommit: 'b'.repeat(40),
    });
    expect(message).toMatch(
      /^The runner lost its lease while it merged, and has looked since: \S+ was merged into main\.$/,
    );
    expect(await lastMessageTold(held.spec.runId)).toBe(message);
    expect((await readStateFacts(core.db, project.id)).lastCompletedRun).toMatchObject({
      id: held.spec.runId,
      summary: message,
    });
    expect((await taskOf(task)).status).toBe('done');
    const found = (await eventsOf(task)).filter((event) => 'isMerged' in event && 'message' in event);
    expect(found).toHaveLength(1);
  });

  test('a checkout that is behind its branch is told of in the run and on the trail, also when the lease has just ended or the task was canceled', async () => {
    const note = 'Run `git reset --hard` in /repo.';
    const { task, held } = await lost();
    await runner.reportLanding(held, true, note);
    expect((await runOf(held.spec.runId)).message).toMatch(
      /was merged into main\. Run `git reset --hard` in \/repo\.$/,
    );
    expect((await eventsOf(task)).find((event) => 'isMerged' in event)).toMatchObject({
      message: expect.stringMatching(/ was merged into main\. Run `git/) as string,
    });
    const canceled = await lost();
    await cancelTask(canceled.task);
    await runner.reportLanding(canceled.held, true, note);
    expect((await eventsOf(canceled.task)).at(-1)).toMatchObject({
      eventType: 'error',
      message: expect.stringMatching(/before the task became canceled\. Run `git/) as string,
    });
    const ended = await merging();
    await runner.requestLanding(ended.held);
    await endLease(core, ended.held.spec.runId);
    await runner.reportLanding(ended.held, true, note);
    expect(await runOf(ended.held.spec.runId)).toMatchObject({
      status: 'completed',
      message: expect.stringContaining(note) as string,
    });
  });

  test('a note that is too long is refused, and nothing is noted', async () => {
    const { held } = await lost();
    await expect(runner.reportLanding(held, true, 'x'.repeat(4_001))).rejects.toThrow('4000');
    expect(await runOf(held.spec.runId)).toMatchObject({ landingIsMerged: null });
  });

  test('it was not merged, and a checkout is not as it was: it is not said that nothing was changed', async () => {
    const { task, held } = await lost();
    await runner.reportLanding(held, false, 'Run `git reset --hard` in /repo.');
    expect((await eventsOf(task)).at(-1)).toMatchObject({
      message: expect.stringMatching(/was not merged\. Approve it again\. Run `git reset/) as string,
    });
  });

  test('it was not merged: that is on the trail, and the task can be approved again', async () => {
    const { task, held } = await lost();
    await runner.reportLanding(held, false);
    const { message } = await runOf(held.spec.runId);
    expect(message).toMatch(/has looked since: \S+ was not merged, nothing was changed\. Approve it again\.$/);
    expect(await lastMessageTold(held.spec.runId)).toBe(message);
    expect((await readStateFacts(core.db, project.id)).lastCompletedRun?.id).not.toBe(held.spec.runId);
    expect((await eventsOf(task)).at(-1)).toMatchObject({
      eventType: 'log',
      isMerged: false,
      message: expect.stringContaining('was not merged') as string,
    });
    await approveTask(core, user, { taskId: task.id });
    await runner.complete(await runner.claim());
    expect((await taskOf(task)).status).toBe('done');
  });

  test('it was merged, but the task has been canceled since: both is told', async () => {
    const { task, held } = await lost();
    await cancelTask(task);
    await runner.reportLanding(held, true);
    expect((await taskOf(task)).status).toBe('canceled');
    expect((await eventsOf(task)).at(-1)).toMatchObject({
      eventType: 'error',
      message: expect.stringContaining('before the task became canceled') as string,
    });
  });

  test('it was merged, and approved again since: the second merge decides', async () => {
    const { task, held } = await lost();
    await approveTask(core, user, { taskId: task.id });
    await runner.reportLanding(held, true);
    expect((await taskOf(task)).status).toBe('needs_review');
    await runner.complete(await runner.claim());
    expect((await taskOf(task)).status).toBe('done');
  });

  test('a report for what never had the last word changes nothing; one before the sweep ends the run', async () => {
    const { task, held } = await merging();
    await runner.reportLanding(held, true);
    expect(await runOf(held.spec.runId)).toMatchObject({ status: 'started', landingIsMerged: null });
    await runner.requestLanding(held);
    await endLease(core, held.spec.runId);
    await runner.reportLanding(held, true);
    expect(await runOf(held.spec.runId)).toMatchObject({ status: 'completed', reason: 'ok' });
    expect((await taskOf(task)).status).toBe('done');
    expect(await sweepLeases(core)).toBe(0);
  });
});

describe('with a real runner', () => {
  let folder: string;
  let repository: TestRepository;
  let runner: TestRunner;
  const file = (name: string): string => path.join(folder, name);

  beforeAll(async () => {
    folder = await realpath(await mkdtemp(path.join(tmpdir(), 'overmind-landing-')));
    repository = makeRepository(file('repo'));
    // A Git in front of the real one that can be made to wait at a command.
    const script = `#!/bin/sh\nwait=$(cat "${folder}/wait-at" 2>/dev/null || echo "nothing waits")\ncase "$*" in *"$wait"*) touch "${folder}/waiting"; while [ -e "${folder}/wait-at" ]; do sleep 0.02; done; git_waited=1;; esac\n/usr/bin/git "$@"\ncode=$?\n[ -z "$git_waited" ] || touch "${folder}/waited"\nexit $code\n`;
    await mkdir(file('bin'));
    writeFileSync(file('bin/git'), script, { mode: 0o755 });
    const seed = seeder(core);
    project = await seed.project(user, 'Landing', repository.root);
    agent = await seed.agent(project);
    runner = await startTestRunner({
      url: (await system.startApi()).url,
      token: (await seed.runner('landing', { projectIds: [project.id] })).token,
      roots: [repository.root],
      programsFolder: file('bin'),
    });
  }, 60_000);
  beforeEach(() => {
    for (const name of ['wait-at', 'waiting', 'waited']) rmSync(file(name), { force: true });
  });
  afterAll(async () => {
    rmSync(file('wait-at'), { force: true });
    await runner.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** A task that was worked on, and whose merge waits at a command of Git. */
  async function mergingUntil(command: string, name: string): Promise<{ task: Task; merge: AgentRun; before: string }> {
    await seeder(core).configure(agent, {
      commands: [program('write-files', JSON.stringify({ [`${name}.txt`]: 'done\n' }))],
      baseBranch: 'main',
    });
    const task = await scheduledTask(core, user, project, agent);
    await until(
      () => taskOf(task),
      ({ status }) => status === 'needs_review',
      30_000,
    );
    const before = repository.git('rev-parse', 'main');
    writeFileSync(file('wait-at'), command);
    const { mergeRun } = await approveTask(core, user, { taskId: task.id });
    await until(() => existsSync(file('waiting')), Boolean, 30_000);
    if (!mergeRun) throw new Error('Expected a merge');
    return { task, merge: mergeRun, before };
  }
  async function loseLease({ id }: AgentRun): Promise<void> {
    await endLease(core, id);
    await until(
      () => sweepLeases(core),
      (lost) => lost > 0,
    );
  }

  test('a runner that stood still before the last word, while its lease ran out and the task was canceled, moves nothing', async () => {
    const { task, merge, before } = await mergingUntil('merge-tree', 'stopped');
    runner.signal('SIGSTOP');
    await loseLease(merge);
    await cancelTask(task);
    rmSync(file('wait-at'));
    runner.signal('SIGCONT');
    await until(
      () => readdirSync(path.join(runner.folder, 'runs')),
      (runs) => runs.length === 0,
      30_000,
    );
    expect(repository.git('rev-parse', 'main')).toBe(before);
    expect(repository.git('status', '--porcelain')).toBe('');
    expect(await runOf(merge.id)).toMatchObject({ status: 'timed_out', reason: 'runner_lost' });
    expect((await taskOf(task)).status).toBe('canceled');
  }, 90_000);

  test('a runner that is killed after the branch has moved: unknown, then found out when it is back', async () => {
    const { task, merge, before } = await mergingUntil('read-tree -m -u', 'killed');
    expect((await errorOf(cancelTask(task)))['code']).toBe('CONFLICT');
    await runner.kill();
    rmSync(file('wait-at'));
    await until(() => existsSync(file('waited')), Boolean);
    await loseLease(merge);
    expect(await runOf(merge.id)).toMatchObject({ reason: 'outcome_unknown', landingIsMerged: null });
    await runner.start();
    await until(
      () => taskOf(task),
      ({ status }) => status === 'done',
      30_000,
    );
    expect(repository.git('log', '--merges', '--format=%h', `${before}..main`).split('\n')).toHaveLength(1);
    expect(repository.git('status', '--porcelain')).toBe('');
    expect(existsSync(path.join(repository.root, 'killed.txt'))).toBe(true);
    expect(repository.git('for-each-ref', 'refs/heads/overmind')).not.toContain(task.id);
  }, 90_000);

  test('a runner that is killed, and a file in the way of the merge: the run says what is left to do', async () => {
    const { task, merge } = await mergingUntil('read-tree -m -u', 'behind');
    await runner.kill();
    writeFileSync(path.join(repository.root, 'behind.txt'), 'mine\n');
    rmSync(file('wait-at'));
    await until(() => existsSync(file('waited')), Boolean);
    await loseLease(merge);
    await runner.start();
    await until(
      () => taskOf(task),
      ({ status }) => status === 'done',
      30_000,
    );
    expect((await runOf(merge.id)).message).toMatch(
      /was merged into main\. In \S+ somebody has changed files meanwhile, which stay as they are: behind\.txt\.$/,
    );
    repository.git('reset', '--hard', '--quiet');
    expect(repository.git('status', '--porcelain')).toBe('');
  }, 90_000);

  test('a runner that forgets what it did: the next approval finds everything merged', async () => {
    const { task, merge } = await mergingUntil('for-each-ref', 'forgotten');
    await runner.kill();
    rmSync(file('wait-at'));
    await until(() => existsSync(file('waited')), Boolean);
    for (const name of readdirSync(path.join(runner.folder, 'runs')))
      rmSync(path.join(runner.folder, 'runs', name), { recursive: true });
    await loseLease(merge);
    await runner.start();
    await approveTask(core, user, { taskId: task.id });
    await until(
      () => taskOf(task),
      ({ status }) => status === 'done',
      30_000,
    );
    expect((await mergesOf(task)).at(-1)).toMatchObject({
      status: 'completed',
      reason: 'ok',
      message: expect.stringContaining('merged already') as string,
    });
  }, 90_000);
});
