import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { RunSpec } from '#contract/run-spec.ts';
import type { UserActor } from '#core/access/actor.ts';
import { uploadArtifact } from '#core/artifacts/upload-artifact.ts';
import { LEASE_MARGIN_MS } from '#core/config/limits.ts';
import { newId } from '#core/platform/ids.ts';
import type { Core } from '#core/platform/core.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { heartbeatRuns } from '#core/runs/heartbeat.ts';
import { msToNextLeaseEnd, sweepLeases } from '#core/runs/sweep-leases.ts';
import { readLines } from '#core/runs/follow-logs.ts';
import { approveTask } from '#core/tasks/approve-task.ts';
import { retryTask } from '#core/tasks/retry-task.ts';
import { sendBackTask } from '#core/tasks/send-back-task.ts';
import { transitionTask } from '#core/tasks/transition-task.ts';
import type { Agent, Project, Task } from '#prisma/generated/client/client.ts';
import { endLease, failed, runnerSide, scheduledTask, waitingReasonOf } from '#tests/kit/runs.ts';
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
let runner: ReturnType<typeof runnerSide>;
beforeAll(async () => {
  system = await startTestSystem();
  ({ core } = system);
  user = await seeder(core).user();
});
beforeEach(async () => {
  project = await seeder(core).project(user);
  agent = await seeder(core).agent(project);
  runner = await newRunner();
});
afterAll(() => system.close());

const newRunner = async (options: { capacity?: number; labels?: string[] } = {}) =>
  runnerSide(core, (await seeder(core).runner(undefined, { projectIds: [project.id], ...options })).actor);
const runOf = (held: HeldRun) => core.db.agentRun.findUniqueOrThrow({ where: { id: held.spec.runId } });
const taskOf = (task: Task) => core.db.task.findUniqueOrThrow({ where: { id: task.id } });
/** In a folder of its task, under the name that people know. */
const branchOf = ({ id, number }: Task, attempt: number): string =>
  `overmind/${project.key}-${number}-${id.slice(-8)}/${attempt}`;
const runsOf = (task: Task) =>
  core.db.agentRun.findMany({ where: { taskId: task.id }, orderBy: [{ kind: 'asc' }, { attempt: 'asc' }] });
const linesOf = async (held: HeldRun) => (await readLines(core, held.spec.runId, -1, 2_000))?.messages ?? [];
async function claimed(fields: Parameters<typeof scheduledTask>[4] = {}): Promise<{ task: Task; held: HeldRun }> {
  const task = await scheduledTask(core, user, project, agent, fields);
  return { task, held: await runner.claim() };
}

describe('a claim', () => {
  test('answers with an order that fits the contract and says everything', async () => {
    await core.db.project.update({ where: { id: project.id }, data: { defaultRepoPath: '/srv/repo' } });
    await seeder(core).configure(agent, {
      commands: [
        ['npm', 'test'],
        ['echo', '$HOME; rm -rf /'],
      ],
      env: ['PATH'],
      baseBranch: 'main',
      leaseMs: 20_000,
      prompt: { text: 'Be brief.' },
    });
    const { task, held } = await claimed({
      title: 'Fix it',
      description: 'The sum is wrong.',
      acceptanceCriteria: ['Tests pass'],
    });
    expect(RunSpec.parse(held.spec)).toEqual(held.spec);
    expect(held.spec).toMatchObject({
      taskId: task.id,
      taskShortId: `${project.key}-${task.number}`,
      projectId: project.id,
      agentId: agent.id,
      agentName: 'backend',
      kind: 'task',
      attempt: 1,
      repoRoot: '/srv/repo',
      baseBranch: 'main',
      branch: branchOf(task, 1),
      startFromBranch: null,
      mergeCommit: null,
      commands: [
        ['npm', 'test'],
        ['echo', '$HOME; rm -rf /'],
      ],
      env: ['PATH'],
      lease: { durationMs: 20_000 },
      prompt: {
        title: 'Fix it',
        description: 'The sum is wrong.',
        acceptanceCriteria: ['Tests pass'],
        feedback: null,
        agentPrompt: { text: 'Be brief.' },
      },
    });
    const run = await runOf(held);
    expect(run).toMatchObject({ status: 'started' });
    expect(run.leaseTokenHash).not.toContain(held.token);
    expect((run.leaseExpiresAt?.getTime() ?? 0) - (run.startedAt?.getTime() ?? 0)).toBe(20_000);
    expect(await taskOf(task)).toMatchObject({ status: 'in_progress' });
  });
});

describe('log lines', () => {
  test('are stored in order, once, however often a batch is sent', async () => {
    const { held } = await claimed();
    expect(await runner.append(held, 0, ['a', 'b', 'c'], '123')).toBe(2);
    expect((await runOf(held)).status).toBe('streaming');
    expect(await runner.append(held, 0, ['a', 'b', 'c'], '123')).toBe(2);
    expect(await runner.append(held, 1, ['b'])).toBe(2);
    expect(await runner.append(held, 3, ['d'])).toBe(3);
    expect(await linesOf(held)).toEqual(['a', 'b', 'c', 'd']);
    expect(
      await core.db.agentRunLog.findMany({
        where: { runId: held.spec.runId },
        orderBy: { seq: 'asc' },
        select: { seq: true, stream: true },
      }),
    ).toEqual([
      { seq: 0, stream: 'stdout' },
      { seq: 1, stream: 'stderr' },
      { seq: 2, stream: 'system' },
      { seq: 3, stream: 'stdout' },
    ]);
  });

  test('with a gap or an overlap are refused with the number that is expected, and nothing is stored', async () => {
    const { held } = await claimed();
    await runner.append(held, 0, ['a', 'b']);
    expect(await errorOf(runner.append(held, 3, ['d']))).toMatchObject({ code: 'EXPECTED_SEQ', expectedSeq: 2 });
    expect(await errorOf(runner.append(held, 1, ['b', 'c']))).toMatchObject({ code: 'EXPECTED_SEQ', expectedSeq: 2 });
    expect(await linesOf(held)).toEqual(['a', 'b']);
  });

  test('sent by 20 connections at once are stored once each', async () => {
    const { held } = await claimed();
    const answers = await Promise.all(Array.from({ length: 20 }, () => runner.append(held, 0, ['a', 'b'])));
    expect(new Set(answers)).toEqual(new Set([1]));
    expect(await linesOf(held)).toEqual(['a', 'b']);
  });

  test('of another run, another runner or a wrong lease are refused alike', async () => {
    const { held } = await claimed();
    const stranger = await newRunner();
    expect(await errorOf(stranger.append(held, 0, ['x']))).toMatchObject({ code: 'LEASE_LOST' });
    expect(await errorOf(runner.append({ ...held, token: 'ovm_run_wrong' }, 0, ['x']))).toMatchObject({
      code: 'LEASE_LOST',
    });
    expect(await errorOf(runner.append({ ...held, spec: { ...held.spec, runId: newId() } }, 0, ['x']))).toMatchObject({
      code: 'LEASE_LOST',
    });
    expect(await linesOf(held)).toEqual([]);
  });

  test('that do not fit are refused with the line that does not', async () => {
    const { held } = await claimed();
    const refused = async (messages: string[], streams?: string) =>
      (await errorOf(runner.append(held, 0, messages, streams)))['fields'];
    expect(await refused(['ok', 'x'.repeat(16 * 1024 + 1)])).toMatchObject([{ path: ['messages', 1] }]);
    expect(await refused(['é'.repeat(8 * 1024 + 1)])).toMatchObject([{ path: ['messages', 0] }]);
    expect(await refused(['a\0b'])).toMatchObject([{ path: ['messages', 0] }]);
    expect(await refused(Array.from({ length: 17 }, () => 'x'.repeat(16 * 1024)))).toMatchObject([
      { path: ['messages'] },
    ]);
    expect(await refused(['a', 'b'], '1')).toMatchObject([{ path: ['streams'] }]);
    expect(await refused(['a'], '4')).toMatchObject([{ path: ['streams'] }]);
    expect(await refused([])).toBeDefined();
    expect(await refused(Array.from({ length: 1_001 }, () => 'x'))).toBeDefined();
    expect(await linesOf(held)).toEqual([]);
  });

  test('come 1,000 at a time, with 16 KiB each within 256 KiB, and empty ones too', async () => {
    const { held } = await claimed();
    expect(
      await runner.append(
        held,
        0,
        Array.from({ length: 1_000 }, (_, i) => (i % 2 ? `line ${i}` : '')),
      ),
    ).toBe(999);
    expect(
      await runner.append(
        held,
        1_000,
        Array.from({ length: 16 }, () => 'x'.repeat(16 * 1024)),
      ),
    ).toBe(1_015);
    expect((await runOf(held)).lineCount).toBe(1_016);
  });

  test('with half a surrogate pair are stored as they can be', async () => {
    const { held } = await claimed();
    await runner.append(held, 0, ['cut \ud83d', '😀']);
    expect(await linesOf(held)).toEqual(['cut \ufffd', '😀']);
  });
});

describe('the end of a run', () => {
  test('waits for its last line', async () => {
    const { held, task } = await claimed();
    await runner.append(held, 0, ['a']);
    expect(await errorOf(runner.complete(held, { lineCount: 2 }))).toMatchObject({
      code: 'EXPECTED_SEQ',
      expectedSeq: 1,
    });
    expect((await runOf(held)).status).toBe('streaming');
    await runner.append(held, 1, ['b']);
    expect(await runner.complete(held, { lineCount: 2 })).toMatchObject({
      status: 'completed',
      reason: 'ok',
      lineCount: 2,
      headCommit: 'b'.repeat(40),
    });
    expect((await taskOf(task)).status).toBe('needs_review');
  });

  test('is said once; the same again is no error, something else is', async () => {
    const { held, task } = await claimed();
    await runner.complete(held);
    expect(await runner.complete(held)).toMatchObject({ status: 'completed' });
    expect(await errorOf(runner.complete(held, failed))).toMatchObject({ code: 'LEASE_LOST' });
    expect(await core.db.taskEvent.count({ where: { taskId: task.id, eventType: 'status_changed' } })).toBe(2);
    expect(await errorOf(runner.append(held, 0, ['late']))).toMatchObject({ code: 'LEASE_LOST' });
  });

  test('is said by its own runner only', async () => {
    const { held } = await claimed();
    const stranger = await newRunner();
    expect(await errorOf(stranger.complete(held))).toMatchObject({ code: 'LEASE_LOST' });
    expect(await errorOf(runner.complete({ ...held, token: 'wrong' }))).toMatchObject({ code: 'LEASE_LOST' });
    expect((await runOf(held)).status).toBe('started');
  });

  test('with a reason that does not belong to the status is refused', async () => {
    const { held } = await claimed();
    expect(await errorOf(runner.complete(held, { status: 'completed', reason: 'exit_code' }))).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: ['result', 'reason'] }],
    });
    expect(await errorOf(runner.complete(held, { surprise: 1 } as never))).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: ['result', 'surprise'] }],
    });
  });

  test('said with what a program printed, NUL and half a surrogate pair included, is taken', async () => {
    const { held } = await claimed();
    const run = await runner.complete(held, { summary: 'cut \ud83d and \0 done', message: 'ok\0', paths: ['a\0b'] });
    expect(run).toMatchObject({ status: 'completed', summary: 'cut \ufffd and \ufffd done', message: 'ok\ufffd' });
  });

  test('is not visible before it is: 20 completions at once are one', async () => {
    const { held, task } = await claimed();
    const answers = await Promise.all(Array.from({ length: 20 }, () => runner.complete(held)));
    expect(answers.every((run) => run.status === 'completed')).toBe(true);
    expect(await core.db.taskEvent.count({ where: { taskId: task.id, eventType: 'status_changed' } })).toBe(2);
  });
});

describe('leases', () => {
  test('are renewed by a heartbeat, for all runs of a runner at once', async () => {
    await seeder(core).configure(agent, { concurrency: 5 });
    const [one, two] = [await claimed(), await claimed()];
    await core.pool.query(
      `update agent_runs set lease_expires_at = clock_timestamp() + interval '1 second' where id = any($1)`,
      [[one.held.spec.runId, two.held.spec.runId]],
    );
    const lost = newId();
    const states = await heartbeatRuns(core, one.held.runner, [
      { runId: one.held.spec.runId, leaseToken: one.held.token },
      { runId: two.held.spec.runId, leaseToken: two.held.token },
      { runId: lost, leaseToken: 'x' },
      { runId: one.held.spec.runId, leaseToken: two.held.token },
    ]);
    expect(states.map(({ runId, isHeld }) => [runId, isHeld])).toEqual(
      expect.arrayContaining([
        [one.held.spec.runId, true],
        [two.held.spec.runId, true],
        [lost, false],
        [one.held.spec.runId, false],
      ]),
    );
    expect(((await runOf(two.held)).leaseExpiresAt?.getTime() ?? 0) - Date.now()).toBeGreaterThan(50_000);
    expect(await heartbeatRuns(core, one.held.runner, [])).toEqual([]);
    expect(
      await errorOf(heartbeatRuns(core, one.held.runner, [{ runId: 'not-an-id', leaseToken: 'x' }])),
    ).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test('that run out are taken away after the margin, by the clock of the database; the next attempt follows at once', async () => {
    await seeder(core).configure(agent, { retry: { maxAttempts: 2, baseDelayMs: 60_000, maxDelayMs: 60_000 } });
    const { held, task } = await claimed();
    await runner.append(held, 0, ['a']);
    await core.pool.query(
      'update agent_runs set lease_expires_at = clock_timestamp() - make_interval(secs => $2) where id = $1',
      [held.spec.runId, LEASE_MARGIN_MS / 1000 - 1],
    );
    expect(await sweepLeases(core)).toBe(0);
    expect(await msToNextLeaseEnd(core)).toBeGreaterThan(0);
    await endLease(core, held.spec.runId);
    const swept = await Promise.all([sweepLeases(core), sweepLeases(core), sweepLeases(core)]);
    expect(swept.reduce((sum, count) => sum + count)).toBe(1);
    expect(await runOf(held)).toMatchObject({ status: 'timed_out', reason: 'runner_lost' });
    const [, second] = await runsOf(task);
    expect(second).toMatchObject({ status: 'pending', attempt: 2, notBefore: null });
    expect((await taskOf(task)).status).toBe('queued');
    const next = await runner.claim();
    expect(next.spec.attempt).toBe(2);

    // The first runner comes back: it may add the tail of its own log, and nothing else.
    expect(await runner.append(held, 1, ['tail'])).toBe(1);
    expect(await linesOf(held)).toEqual(['a', 'tail']);
    expect(await errorOf(runner.complete(held, { lineCount: 2 }))).toMatchObject({ code: 'LEASE_LOST' });
    expect(
      await errorOf(
        uploadArtifact(
          core,
          held.runner,
          { runId: held.spec.runId, leaseToken: held.token, kind: 'diff', name: 'changes.diff' },
          chunks('late'),
        ),
      ),
    ).toMatchObject({ code: 'LEASE_LOST' });
    expect(
      (await heartbeatRuns(core, held.runner, [{ runId: held.spec.runId, leaseToken: held.token }]))[0],
    ).toMatchObject({ isHeld: false });
    expect(await runOf(held)).toMatchObject({ status: 'timed_out', reason: 'runner_lost' });
    expect((await taskOf(task)).status).toBe('in_progress');
  });

  test('a runner that is lost again and again does not use up the tries of the work, and ends some day', async () => {
    await seeder(core).configure(agent, { retry: { maxAttempts: 2, baseDelayMs: 0, maxDelayMs: 0 } });
    const { held, task } = await claimed();
    let current = held;
    for (let loss = 1; loss <= 5; loss += 1) {
      await endLease(core, current.spec.runId);
      expect(await sweepLeases(core)).toBe(1);
      current = await runner.claim();
      expect(current.spec.attempt).toBe(loss + 1);
    }
    await endLease(core, current.spec.runId);
    await sweepLeases(core);
    expect((await taskOf(task)).status).toBe('failed');
  });

  test('a sweep and a completion at the same time: one of them decides', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { held, task } = await claimed();
      await endLease(core, held.spec.runId);
      const [swept, completed] = await Promise.allSettled([sweepLeases(core), runner.complete(held)]);
      const run = await runOf(held);
      if (completed.status === 'fulfilled') {
        expect(run.status).toBe('completed');
        expect(swept).toMatchObject({ value: 0 });
        await transitionTask(core, user, { taskId: task.id, to: 'canceled' });
      } else {
        expect(completed.reason).toMatchObject({ code: 'LEASE_LOST' });
        expect(run).toMatchObject({ status: 'timed_out', reason: 'runner_lost' });
      }
    }
  });
});

describe('after a failure', () => {
  test('the policy decides on the next attempt, later each time, and each step is on the audit trail', async () => {
    await seeder(core).configure(agent, { retry: { maxAttempts: 3, baseDelayMs: 400, maxDelayMs: 60_000 } });
    const { held, task } = await claimed();
    await runner.complete(held, failed);
    const [, second] = await runsOf(task);
    expect(second).toMatchObject({ attempt: 2, status: 'pending' });
    expect(second?.notBefore).not.toBeNull();
    expect((await taskOf(task)).status).toBe('queued');
    expect(await runner.claimOrNull()).toBeNull();
    const next = await until(
      () => runner.claimOrNull(),
      (claim) => claim !== null,
    );
    await runner.complete(next as HeldRun, failed);
    const last = await until(
      () => runner.claimOrNull(),
      (claim) => claim !== null,
    );
    await runner.complete(last as HeldRun, failed);
    expect((await taskOf(task)).status).toBe('failed');
    expect(await runsOf(task)).toHaveLength(3);
    const steps = await core.db.taskEvent.findMany({
      where: { taskId: task.id, eventType: 'status_changed' },
      orderBy: { id: 'asc' },
    });
    expect(steps.map((step) => (step.payload as { to: string }).to)).toEqual([
      'in_progress',
      'failed',
      'queued',
      'in_progress',
      'failed',
      'queued',
      'in_progress',
      'failed',
    ]);
  });

  test('what another attempt can not cure is not tried again, until a person says so', async () => {
    await seeder(core).configure(agent, { retry: { maxAttempts: 5, baseDelayMs: 0, maxDelayMs: 0 } });
    const { held, task } = await claimed();
    await runner.complete(held, { ...failed, reason: 'command_missing', message: 'There is no program named x.' });
    expect((await taskOf(task)).status).toBe('failed');
    await retryTask(core, user, { taskId: task.id });
    expect((await runner.claim()).spec.attempt).toBe(2);
  });

  test('a retry has a waiting reason that says when it starts', async () => {
    await seeder(core).configure(agent, { retry: { maxAttempts: 2, baseDelayMs: 60_000, maxDelayMs: 60_000 } });
    const { held, task } = await claimed();
    await runner.complete(held, failed);
    expect(await waitingReasonOf(core, task)).toMatch(/retr|again|try/i);
  });
});

describe('review', () => {
  test('send back: the next attempt has the feedback and goes on where the last one ended, also after it fails', async () => {
    await seeder(core).configure(agent, { retry: { maxAttempts: 3, baseDelayMs: 0, maxDelayMs: 0 } });
    const { held, task } = await claimed();
    await runner.complete(held);
    await sendBackTask(core, user, { taskId: task.id, feedback: 'Shorter, please.' });
    const second = await runner.claim();
    expect(second.spec).toMatchObject({
      attempt: 2,
      startFromBranch: branchOf(task, 1),
      branch: branchOf(task, 2),
      prompt: { feedback: 'Shorter, please.' },
    });
    await runner.complete(second, failed);
    const third = await runner.claim();
    expect(third.spec).toMatchObject({
      attempt: 3,
      startFromBranch: branchOf(task, 1),
      prompt: { feedback: 'Shorter, please.' },
    });
    await runner.complete(third, { ...failed, reason: 'command_missing' });
    await retryTask(core, user, { taskId: task.id });
    expect((await runner.claim()).spec).toMatchObject({ attempt: 4, startFromBranch: branchOf(task, 1) });
  });

  test('approve: exactly the commit that was seen is merged, and then the task is done', async () => {
    const { held, task } = await claimed();
    await runner.complete(held);
    const { mergeRun } = await approveTask(core, user, { taskId: task.id });
    expect(await errorOf(approveTask(core, user, { taskId: task.id }))).toMatchObject({ code: 'CONFLICT' });
    expect((await taskOf(task)).status).toBe('needs_review');
    const merge = await runner.claim();
    expect(merge.spec).toMatchObject({
      runId: mergeRun?.id,
      kind: 'merge',
      attempt: 1,
      branch: held.spec.branch,
      baseBranch: 'main',
      mergeCommit: 'b'.repeat(40),
    });
    await runner.complete(merge);
    expect((await taskOf(task)).status).toBe('done');
  });

  test('a merge conflict leaves the task in review with the files on its trail; it can be approved again or sent back', async () => {
    const { held, task } = await claimed();
    await runner.complete(held);
    await approveTask(core, user, { taskId: task.id });
    await runner.complete(await runner.claim(), {
      ...failed,
      reason: 'merge_conflict',
      message: 'README.md is in conflict.',
      paths: ['README.md'],
      exitCode: null,
    });
    expect((await taskOf(task)).status).toBe('needs_review');
    const error = await core.db.taskEvent.findFirstOrThrow({ where: { taskId: task.id, eventType: 'error' } });
    expect(error.payload).toMatchObject({ reason: 'merge_conflict', paths: ['README.md'] });
    await approveTask(core, user, { taskId: task.id });
    await runner.complete(await runner.claim(), {
      ...failed,
      reason: 'merge_conflict',
      message: 'Still.',
      exitCode: null,
    });
    await sendBackTask(core, user, { taskId: task.id, feedback: 'Rebase it.' });
    expect((await runner.claim()).spec.prompt.feedback).toBe('Rebase it.');
  });

  test('an approved merge is done also when its agent has been disabled since', async () => {
    const { held, task } = await claimed();
    await runner.complete(held);
    await approveTask(core, user, { taskId: task.id });
    await core.db.agent.update({ where: { id: agent.id }, data: { isEnabled: false } });
    await runner.complete(await runner.claim());
    expect((await taskOf(task)).status).toBe('done');
  });

  test('review policy auto: merged without a person; without a commit it is done at once', async () => {
    await seeder(core).configure(agent, { review: 'auto' });
    const first = await claimed();
    await runner.complete(first.held);
    const merge = await runner.claim();
    expect(merge.spec).toMatchObject({
      kind: 'merge',
      mergeCommit: 'b'.repeat(40),
      branch: first.held.spec.branch,
      baseBranch: 'main',
    });
    await runner.complete(merge);
    expect((await taskOf(first.task)).status).toBe('done');
    const inPlace = await claimed();
    await runner.complete(inPlace.held, { git: null });
    expect((await taskOf(inPlace.task)).status).toBe('done');
  });
});

describe('cancel', () => {
  test('a run that waits ends at once, and its task says why it does not go on', async () => {
    const task = await scheduledTask(core, user, project, agent);
    const [run] = await runsOf(task);
    expect(await cancelRun(core, user, run?.id ?? '')).toMatchObject({ status: 'canceled', reason: 'by_user' });
    expect(await taskOf(task)).toMatchObject({ status: 'queued', heldBy: user.email });
    expect(await waitingReasonOf(core, task)).toBe(`Held: stopped by ${user.email}. Start it when you are ready.`);
    expect(await runner.claimOrNull()).toBeNull();
  });

  test('a run that works is told to its runner, and ends as canceled whatever its programs say, again and again', async () => {
    const { held, task } = await claimed();
    await cancelRun(core, user, held.spec.runId);
    expect((await runOf(held)).status).toBe('started');
    expect(
      (await heartbeatRuns(core, held.runner, [{ runId: held.spec.runId, leaseToken: held.token }]))[0],
    ).toMatchObject({ isHeld: true, isCancelRequested: true });
    expect(await runner.complete(held, failed)).toMatchObject({ status: 'canceled', reason: 'by_user' });
    expect(await runner.complete(held, failed)).toMatchObject({ status: 'canceled', reason: 'by_user' });
    expect(await taskOf(task)).toMatchObject({ status: 'queued', heldBy: user.email });
    expect(await errorOf(cancelRun(core, user, held.spec.runId))).toMatchObject({
      code: 'CONFLICT',
      current: 'canceled',
    });
  });

  test('a canceled task stops its run and stays canceled, also when the run had done it', async () => {
    const { held, task } = await claimed();
    await transitionTask(core, user, { taskId: task.id, to: 'canceled' });
    expect(await runOf(held)).toMatchObject({ status: 'started', cancelReason: 'by_task_cancel' });
    await runner.complete(held);
    expect((await taskOf(task)).status).toBe('canceled');
  });
});

describe('files of a run', () => {
  test('are stored once by kind and name, also when sent twice at once', async () => {
    const { held } = await claimed();
    const upload = () =>
      uploadArtifact(
        core,
        held.runner,
        { runId: held.spec.runId, leaseToken: held.token, kind: 'diff', name: 'changes.diff' },
        chunks('diff --git'),
      );
    const [one, two] = await Promise.all([upload(), upload()]);
    expect(one.id).toBe(two.id);
    expect((await upload()).id).toBe(one.id);
    expect(await core.db.artifact.count({ where: { runId: held.spec.runId } })).toBe(1);
  });

  test('of a foreign run are refused', async () => {
    const { held } = await claimed();
    const { actor } = await seeder(core).runner();
    expect(
      await errorOf(
        uploadArtifact(
          core,
          actor,
          { runId: held.spec.runId, leaseToken: held.token, kind: 'diff', name: 'x' },
          chunks('x'),
        ),
      ),
    ).toMatchObject({ code: 'LEASE_LOST' });
  });
});

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
