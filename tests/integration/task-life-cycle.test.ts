import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { updateAgent } from '#core/agents/write-agent.ts';
import { IllegalTransitionError, InvalidInputError } from '#core/errors/errors.ts';
import { newId } from '#core/platform/ids.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { changeTaskStatus } from '#core/tasks/change-status.ts';
import { createTask } from '#core/tasks/create-task.ts';
import { lockTask } from '#core/tasks/lock-task.ts';
import { approveTask } from '#core/tasks/approve-task.ts';
import { sendBackTask } from '#core/tasks/send-back-task.ts';
import { transitionTask } from '#core/tasks/transition-task.ts';
import { TASK_STATUSES } from '#core/tasks/transitions.ts';
import type { TaskStatus } from '#core/tasks/transitions.ts';
import { updateTask } from '#core/tasks/update-task.ts';
import type { Agent, Project, RunStatus, Task } from '#prisma/generated/client/client.ts';
import { runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { errorOf } from '#tests/kit/until.ts';

let system: TestSystem;
let user: UserActor;
let project: Project;
let agent: Agent;
beforeAll(async () => {
  system = await startTestSystem();
  user = await seeder(system.core).user();
});
beforeEach(async () => {
  project = await seeder(system.core).project(user);
  agent = await seeder(system.core).agent(project);
});
afterAll(() => system.close());

// Written down here again, by hand, from the specification: the product's own table is what is tested.
const ALLOWED: Record<TaskStatus, readonly TaskStatus[]> = {
  queued: ['in_progress', 'blocked', 'canceled'],
  in_progress: ['needs_review', 'failed', 'canceled'],
  blocked: ['queued', 'canceled'],
  needs_review: ['done', 'queued', 'canceled'],
  failed: ['queued', 'canceled'],
  done: ['canceled'],
  canceled: [],
};
const PAIRS = TASK_STATUSES.flatMap((from) => TASK_STATUSES.map((to) => [from, to] as const));

/** A task in a status with the runs that this status implies, written past the commands. */
async function taskIn(
  status: TaskStatus,
  runs: RunStatus[] = status === 'in_progress' ? ['started'] : status === 'needs_review' ? ['completed'] : [],
): Promise<Task> {
  const { core } = system;
  const task = await createTask(core, user, { projectId: project.id, title: `A task that is ${status}` });
  const runner = runs.includes('started') ? await seeder(core).runner() : null;
  for (const [i, runStatus] of runs.entries()) {
    const isLive = runStatus === 'started';
    await core.db.agentRun.create({
      data: {
        id: newId(),
        projectId: project.id,
        agentId: agent.id,
        taskId: task.id,
        attempt: i + 1,
        status: runStatus,
        ...(isLive && runner
          ? {
              runnerId: runner.runner.id,
              leaseTokenHash: 'x',
              leaseMs: 60_000,
              leaseExpiresAt: new Date(Date.now() + 60_000),
            }
          : {}),
        ...(runStatus === 'completed' ? { reason: 'ok', finishedAt: new Date() } : {}),
      },
    });
  }
  return core.db.task.update({
    where: { id: task.id },
    data: {
      status,
      agentId: agent.id,
      agentName: agent.name,
      blockedReason: status === 'blocked' ? 'set by the test' : null,
    },
  });
}
const change = (task: Task, to: TaskStatus, why: string | null = 'because') =>
  inTransaction(system.core, async (tx) =>
    changeTaskStatus(tx, user, (await lockTask(tx, user, task.id)).task, { to, why }),
  );
const statusOf = async (task: Task) => (await system.core.db.task.findUniqueOrThrow({ where: { id: task.id } })).status;
const changesOf = (task: Task) =>
  system.core.db.taskEvent.findMany({
    where: { taskId: task.id, eventType: 'status_changed' },
    orderBy: { id: 'asc' },
  });

describe('the table of transitions', () => {
  test.each(PAIRS)(
    '%s → %s is allowed or refused as the specification says, with both states named and one audit entry',
    async (from, to) => {
      const runs = to === 'in_progress' ? (['started'] as const) : to === 'done' ? (['completed'] as const) : undefined;
      const task = await taskIn(from, runs ? [...runs] : undefined);
      if (ALLOWED[from].includes(to)) {
        expect((await change(task, to)).status).toBe(to);
        expect(await statusOf(task)).toBe(to);
        expect((await changesOf(task)).map((event) => event.payload)).toEqual([
          { from, to, why: 'because', actor: { kind: 'user', id: user.userId, name: user.email } },
        ]);
        return;
      }
      const error = await errorOf(change(task, to));
      expect(error).toBeInstanceOf(IllegalTransitionError);
      expect(error).toMatchObject({ code: 'ILLEGAL_TRANSITION', from, to, rule: 'transition_table' });
      expect(error.message).toContain(from);
      expect(error.message).toContain(to);
      expect(await statusOf(task)).toBe(from);
      expect(await changesOf(task)).toEqual([]);
    },
  );

  test.each(PAIRS)('transitionTask: %s → %s keeps to the same table', async (from, to) => {
    const task = await taskIn(from);
    const moved = transitionTask(system.core, user, { taskId: task.id, to, reason: 'because' });
    // Only a claim takes a task to in progress, and only its run takes it on from there.
    const isDecidedByRun =
      to === 'in_progress' || (from === 'in_progress' && (to === 'needs_review' || to === 'failed'));
    if (ALLOWED[from].includes(to) && !isDecidedByRun) {
      expect((await moved).status).toBe(to);
      expect(await changesOf(task)).toHaveLength(1);
      return;
    }
    expect(await errorOf(moved)).toMatchObject({ code: 'ILLEGAL_TRANSITION', from, to });
    expect(await statusOf(task)).toBe(from);
    expect(await changesOf(task)).toEqual([]);
  });
});

describe('the hard rules', () => {
  test('a task is not done before a run of it has completed', async () => {
    const task = await taskIn('needs_review', []);
    expect(await errorOf(change(task, 'done'))).toMatchObject({
      code: 'ILLEGAL_TRANSITION',
      rule: 'done_needs_completed_run',
      from: 'needs_review',
      to: 'done',
    });
    expect(await errorOf(approveTask(system.core, user, { taskId: task.id }))).toMatchObject({
      code: 'ILLEGAL_TRANSITION',
      rule: 'done_needs_completed_run',
    });
    expect(await statusOf(task)).toBe('needs_review');
  });

  test('a run starts only for a task that is queued', async () => {
    const { core } = system;
    const task = await scheduledTask(core, user, project, agent);
    await core.db.task.update({ where: { id: task.id }, data: { status: 'failed' } });
    const { actor } = await seeder(core).runner(undefined, { projectIds: [project.id] });
    expect(await runnerSide(core, actor).claimOrNull()).toBeNull();
    await core.db.task.update({ where: { id: task.id }, data: { status: 'queued' } });
    expect((await runnerSide(core, actor).claim()).spec.taskId).toBe(task.id);
    expect(await statusOf(task)).toBe('in_progress');
  });

  test('a task has one live run of a kind, in the database too', async () => {
    const { core } = system;
    const task = await scheduledTask(core, user, project, agent);
    const second = core.db.agentRun.create({
      data: { id: newId(), projectId: project.id, agentId: agent.id, taskId: task.id, attempt: 2 },
    });
    expect(await errorOf(second)).toMatchObject({ code: 'P2002' });
    await core.db.agentRun.create({
      data: { id: newId(), projectId: project.id, agentId: agent.id, taskId: task.id, attempt: 1, kind: 'merge' },
    });
  });

  test('a disabled agent is never assigned, however the task comes to it', async () => {
    const { core } = system;
    await updateAgent(core, user, { agentId: agent.id, isEnabled: false });
    expect(
      await errorOf(createTask(core, user, { projectId: project.id, title: 'x', agentId: agent.id })),
    ).toMatchObject({ code: 'ILLEGAL_TRANSITION', rule: 'disabled_agent' });
    const free = await createTask(core, user, { projectId: project.id, title: 'x' });
    expect(await errorOf(updateTask(core, user, { taskId: free.id, agentId: agent.id }))).toMatchObject({
      code: 'ILLEGAL_TRANSITION',
      rule: 'disabled_agent',
    });
    const blocked = await taskIn('failed');
    expect(await transitionTask(core, user, { taskId: blocked.id, to: 'queued' })).toMatchObject({
      status: 'blocked',
      blockedReason: `The agent ${agent.name} is disabled.`,
    });
    expect(await core.db.agentRun.count({ where: { agentId: agent.id } })).toBe(0);
  });

  test('disabling an agent while tasks are given to it leaves no run with it that could start', async () => {
    const { core } = system;
    const { actor } = await seeder(core).runner(undefined, { projectIds: [project.id], capacity: 100 });
    await Promise.allSettled([
      ...Array.from({ length: 20 }, (_, i) =>
        createTask(core, user, { projectId: project.id, title: `Task ${i}`, agentId: agent.id }),
      ),
      updateAgent(core, user, { agentId: agent.id, isEnabled: false }),
    ]);
    expect(await runnerSide(core, actor).claimOrNull()).toBeNull();
  });

  test('an agent of another project is not found', async () => {
    const { core } = system;
    const other = await seeder(core).project(user, 'Other');
    const foreign = await seeder(core).agent(other);
    expect(
      await errorOf(createTask(core, user, { projectId: project.id, title: 'x', agentId: foreign.id })),
    ).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a task follows only a task of its own project', async () => {
    const { core } = system;
    const other = await seeder(core).project(user, 'Other');
    const foreign = await createTask(core, user, { projectId: other.id, title: 'Secret' });
    for (const parentTaskId of [foreign.id, newId()]) {
      expect(await errorOf(createTask(core, user, { projectId: project.id, title: 'x', parentTaskId }))).toMatchObject({
        code: 'NOT_FOUND',
      });
    }
  });

  test.each([null, '', '   '])(
    'blocking needs a reason (%j is none), and nothing is half done without',
    async (reason) => {
      const task = await taskIn('queued');
      const error = await errorOf(transitionTask(system.core, user, { taskId: task.id, to: 'blocked', reason }));
      expect(error).toBeInstanceOf(InvalidInputError);
      expect(error).toMatchObject({ fields: [{ path: ['reason'] }] });
      expect(await statusOf(task)).toBe('queued');
      expect(await changesOf(task)).toEqual([]);
    },
  );

  test('the reason of a block and its audit entry are written in the same transaction', async () => {
    const task = await taskIn('queued');
    await errorOf(
      inTransaction(system.core, async (tx) => {
        await changeTaskStatus(tx, user, (await lockTask(tx, user, task.id)).task, {
          to: 'blocked',
          why: 'waits for the key',
        });
        expect(await tx.db.taskEvent.count({ where: { taskId: task.id, eventType: 'status_changed' } })).toBe(1);
        throw new Error('the transaction ends here');
      }),
    );
    expect(await statusOf(task)).toBe('queued');
    expect(await changesOf(task)).toEqual([]);
    await expect(system.core.db.task.update({ where: { id: task.id }, data: { status: 'blocked' } })).rejects.toThrow(
      /tasks_blocked_has_reason/,
    );
  });
});

describe('many at once', () => {
  test('approve, send back, cancel and move at once: one decides, and the task and its runs agree', async () => {
    const { core } = system;
    for (let round = 0; round < 6; round += 1) {
      const task = await taskIn('needs_review');
      await core.db.agentRun.updateMany({
        where: { taskId: task.id },
        data: { headCommit: 'b'.repeat(40), branch: 'overmind/x/1' },
      });
      const answers = await Promise.allSettled([
        approveTask(core, user, { taskId: task.id }),
        sendBackTask(core, user, { taskId: task.id, feedback: 'Shorter, please.' }),
        transitionTask(core, user, { taskId: task.id, to: 'canceled' }),
        approveTask(core, user, { taskId: task.id }),
        transitionTask(core, user, { taskId: task.id, to: 'queued' }),
      ]);
      for (const answer of answers)
        if (answer.status === 'rejected')
          expect(['ILLEGAL_TRANSITION', 'CONFLICT']).toContain((answer.reason as { code: string }).code);
      const status = await statusOf(task);
      const live = await core.db.agentRun.findMany({
        where: { taskId: task.id, status: { in: ['pending', 'started', 'streaming'] } },
      });
      expect(live.map((run) => run.kind)).toEqual(
        status === 'queued' ? ['task'] : status === 'needs_review' ? ['merge'] : [],
      );
      const changes = await changesOf(task);
      const walk = changes.map((event) => event.payload as { from: string; to: string });
      for (const [i, step] of walk.entries()) expect(step.from).toBe(i === 0 ? 'needs_review' : walk[i - 1]?.to);
      expect(walk.at(-1)?.to ?? 'needs_review').toBe(status);
    }
  });

  test('a task taken back to queued takes its waiting merge with it: an old commit is never merged later', async () => {
    const { core } = system;
    const task = await taskIn('needs_review');
    await core.db.agentRun.updateMany({
      where: { taskId: task.id },
      data: { headCommit: 'b'.repeat(40), branch: 'overmind/x/1' },
    });
    const { mergeRun } = await approveTask(core, user, { taskId: task.id });
    expect(mergeRun).toMatchObject({ kind: 'merge', status: 'pending' });
    await transitionTask(core, user, { taskId: task.id, to: 'queued' });
    expect(await core.db.agentRun.findUniqueOrThrow({ where: { id: mergeRun?.id ?? '' } })).toMatchObject({
      status: 'canceled',
      reason: 'superseded',
    });
  });

  test('a task that is being merged is not queued again meanwhile', async () => {
    const { core } = system;
    const task = await taskIn('needs_review');
    await core.db.agentRun.updateMany({
      where: { taskId: task.id },
      data: { headCommit: 'b'.repeat(40), branch: 'overmind/x/1' },
    });
    await approveTask(core, user, { taskId: task.id });
    const { actor } = await seeder(core).runner(undefined, { projectIds: [project.id] });
    const merge = await runnerSide(core, actor).claim();
    expect(merge.spec).toMatchObject({ kind: 'merge', mergeCommit: 'b'.repeat(40), branch: 'overmind/x/1' });
    expect(await errorOf(transitionTask(core, user, { taskId: task.id, to: 'queued' }))).toMatchObject({
      code: 'CONFLICT',
    });
    expect(await errorOf(sendBackTask(core, user, { taskId: task.id, feedback: 'x' }))).toMatchObject({
      code: 'CONFLICT',
    });
    await runnerSide(core, actor).complete(merge);
    expect(await statusOf(task)).toBe('done');
  });

  test('50 people who stop one waiting run: one does, the task is held once', async () => {
    const { core } = system;
    const task = await scheduledTask(core, user, project, agent);
    const run = await core.db.agentRun.findFirstOrThrow({ where: { taskId: task.id } });
    const answers = await Promise.allSettled(Array.from({ length: 50 }, () => cancelRun(core, user, run.id)));
    expect(answers.filter((answer) => answer.status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers)
      if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'CONFLICT' });
    expect(await core.db.taskEvent.count({ where: { taskId: task.id, eventType: 'log' } })).toBe(1);
    expect(await core.db.task.findUniqueOrThrow({ where: { id: task.id } })).toMatchObject({
      status: 'queued',
      heldBy: user.email,
    });
  });
});

describe('what the database itself refuses', () => {
  test('the audit trail: no update, no delete, no truncate', async () => {
    const { pool } = system.core;
    const task = await taskIn('queued');
    for (const statement of [
      `update task_events set payload = '{}' where task_id = '${task.id}'`,
      `delete from task_events where task_id = '${task.id}'`,
      'truncate task_events cascade',
    ]) {
      await expect(pool.query(statement)).rejects.toThrow(/append only/);
    }
  });

  test.each(['completed', 'failed', 'timed_out', 'canceled'] as const)(
    'a run that is %s never changes its status',
    async (status) => {
      const { core } = system;
      const task = await taskIn('queued', []);
      const run = await core.db.agentRun.create({
        data: {
          id: newId(),
          projectId: project.id,
          agentId: agent.id,
          taskId: task.id,
          attempt: 1,
          status,
          reason: 'ok',
          finishedAt: new Date(),
        },
      });
      for (const next of ['pending', 'started', 'completed', 'failed', 'timed_out', 'canceled'] as const) {
        if (next === status) continue;
        await expect(
          core.pool.query('update agent_runs set status = $2 where id = $1', [run.id, next]),
        ).rejects.toThrow(/has ended as/);
      }
    },
  );
});
