import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { uploadArtifact } from '#core/artifacts/upload-artifact.ts';
import { sendMessage } from '#core/conversations/send-message.ts';
import type { EventEnvelope } from '#core/events/define-event.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { sweepArchivedProjects } from '#core/projects/archive-project.ts';
import { updateProject } from '#core/projects/update-project.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { sweepLeases } from '#core/runs/sweep-leases.ts';
import { buildStateDocument } from '#core/state/render.ts';
import { readStateFacts } from '#core/state/read-facts.ts';
import { startTask } from '#core/tasks/start-task.ts';
import { approveTask } from '#core/tasks/approve-task.ts';
import { retryTask } from '#core/tasks/retry-task.ts';
import { sendBackTask } from '#core/tasks/send-back-task.ts';
import { transitionTask } from '#core/tasks/transition-task.ts';
import { updateTask } from '#core/tasks/update-task.ts';
import type { Agent, Project, Task } from '#prisma/generated/client/client.ts';
import { post } from '#tests/kit/graphql-client.ts';
import { endLease, failed, runnerSide, scheduleWaiting, scheduledTask, waitingReasonOf } from '#tests/kit/runs.ts';
import type { HeldRun } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { errorOf } from '#tests/kit/until.ts';

let system: TestSystem;
let core: Core;
let user: UserActor & { token: string };
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
  runner = runnerSide(core, (await seeder(core).runner(undefined, { projectIds: [project.id] })).actor);
});
afterAll(() => system.close());

const taskOf = (task: Task) => core.db.task.findUniqueOrThrow({ where: { id: task.id } });
const runOf = (held: HeldRun) => core.db.agentRun.findUniqueOrThrow({ where: { id: held.spec.runId } });
const pendingRun = (task: Task) => core.db.agentRun.findFirstOrThrow({ where: { taskId: task.id, status: 'pending' } });
const liveRuns = (task: Task) =>
  core.db.agentRun.count({ where: { taskId: task.id, status: { in: ['pending', 'started', 'streaming'] } } });
async function claimed(fields: Parameters<typeof scheduledTask>[4] = {}): Promise<{ task: Task; held: HeldRun }> {
  const task = await scheduledTask(core, user, project, agent, fields);
  return { task, held: await runner.claim() };
}
/** A task that was asked for in a conversation, being worked on, and what that conversation is told. */
async function asked(): Promise<{ task: Task; held: HeldRun; told(): Promise<string[]> }> {
  const conversation = await core.db.conversation.create({
    data: { id: newId(), projectId: project.id, title: 'Work' },
  });
  const message = await sendMessage(core, user, { conversationId: conversation.id, content: 'Add a file' });
  const request = await core.db.request.create({
    data: { id: newId(), projectId: project.id, messageId: message.id, ordinal: 99, content: {} },
  });
  const { task, held } = await claimed();
  await core.db.task.update({ where: { id: task.id }, data: { requestId: request.id } });
  const told = async () =>
    (
      await core.db.message.findMany({
        where: { conversationId: conversation.id, role: 'agent' },
        orderBy: { id: 'asc' },
      })
    ).map(({ content }) => content);
  return { task, held, told };
}
const empty = {
  reason: 'empty_diff',
  message: 'The agent ended well and changed nothing',
  summary: 'Which of the two files do you mean?',
  git: null,
} as const;
async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
/** The stored events of the project about one thing, as a board hears them. */
async function eventsOf(id: string): Promise<{ type: string; patch: Record<string, unknown> }[]> {
  const { rows } = await core.pool.query<{ event_type: string; payload: EventEnvelope['entity'] }>(
    'select event_type, payload from realtime_events where project_id = $1 order by cursor',
    [project.id],
  );
  return rows
    .filter(({ payload }) => payload.id === id)
    .map(({ event_type, payload }) => ({ type: event_type, patch: payload.patch }));
}
const statusesTold = async (task: Task) =>
  (await eventsOf(task.id)).flatMap(({ type, patch }) =>
    type === 'task.updated' && patch['status'] !== undefined ? [patch['status']] : [],
  );
const changesOf = async (task: Task) =>
  (
    await core.db.taskEvent.findMany({
      where: { taskId: task.id, eventType: 'status_changed' },
      orderBy: { id: 'asc' },
    })
  ).map((event) => event.payload as { from: string; to: string; why: string });

describe('an attempt that ended well and changed nothing', () => {
  test.each(['code_change', 'test', 'review', 'doc', 'research', 'infra'] as const)(
    'of a %s task is for a person to look at; approved it is done, without a merge',
    async (type) => {
      const { held, task } = await claimed({ type });
      await runner.complete(held, empty);
      expect(await taskOf(task)).toMatchObject({ status: 'needs_review', resultRunId: held.spec.runId });
      const { task: approved, mergeRun } = await approveTask(core, user, { taskId: task.id });
      expect([approved.status, mergeRun]).toEqual(['done', null]);
    },
  );

  test("is done at once where the agent's policy says that nobody reviews", async () => {
    await seeder(core).configure(agent, { review: 'auto' });
    const { held, task } = await claimed();
    await runner.complete(held, empty);
    expect((await taskOf(task)).status).toBe('done');
  });

  test('can be sent back: a question is answered that way', async () => {
    const { held, task } = await claimed();
    await runner.complete(held, empty);
    await sendBackTask(core, user, { taskId: task.id, feedback: 'The second one.' });
    expect((await runner.claim()).spec).toMatchObject({ attempt: 2, prompt: { feedback: 'The second one.' } });
  });

  test('leaves nothing of the attempt before it to be approved by mistake', async () => {
    const { held, task } = await claimed();
    await uploadArtifact(
      core,
      held.runner,
      {
        runId: held.spec.runId,
        leaseToken: held.token,
        kind: 'diff',
        name: 'changes.diff',
        metadata: { filesChanged: 1, additions: 3, deletions: 0 },
      },
      chunks('diff'),
    );
    await runner.complete(held);
    await sendBackTask(core, user, { taskId: task.id, feedback: 'Take it back.' });
    const second = await runner.claim();
    await runner.complete(second, { ...empty, summary: 'Reverted.' });
    const api = await system.startApi();
    const { data } = await post(
      api.url,
      'query ($id: ID!) { task(id: $id) { status diffStats { additions } result { id summary reason artifacts { nodes { id } } } } }',
      { id: task.id },
      user.token,
    );
    expect(data?.['task']).toEqual({
      status: 'NEEDS_REVIEW',
      diffStats: null,
      result: { id: second.spec.runId, summary: 'Reverted.', reason: 'EMPTY_DIFF', artifacts: { nodes: [] } },
    });
    expect((await approveTask(core, user, { taskId: task.id })).task.status).toBe('done');
    expect(await core.db.agentRun.count({ where: { taskId: task.id, kind: 'merge' } })).toBe(0);
  });

  test('keeps its report as markdown, and the state document asks to read it', async () => {
    const { held, task } = await claimed({ type: 'research', title: 'Compare the two libraries' });
    const report = await uploadArtifact(
      core,
      held.runner,
      { runId: held.spec.runId, leaseToken: held.token, kind: 'report', name: 'report.md' },
      chunks('# Findings'),
    );
    expect(report.mimeType).toBe('text/markdown; charset=utf-8');
    await runner.complete(held, empty);
    expect(buildStateDocument(await readStateFacts(core.db, project.id)).next_actions).toMatchObject([
      { description: 'Read the report: Compare the two libraries' },
    ]);
    expect((await taskOf(task)).status).toBe('needs_review');
  });
});

describe('the conversation', () => {
  test('is told of a lost runner that the task is tried again, not that it failed', async () => {
    const { held, told } = await asked();
    await endLease(core, held.spec.runId);
    await sweepLeases(core);
    expect(await told()).toEqual([
      expect.stringMatching(/^“Add a file” is tried again at once: No word from the runner /),
    ]);
  });

  test('is told of a failure when no try follows, and before that of each try that does', async () => {
    await seeder(core).configure(agent, { retry: { maxAttempts: 2, baseDelayMs: 0, maxDelayMs: 0 } });
    const { held, told } = await asked();
    await runner.complete(held, failed);
    const second = await runner.claim();
    await runner.complete(second, failed);
    expect(await told()).toEqual([
      '“Add a file” is tried again at once (try 2 of 2): The command ended with 1.',
      '“Add a file” failed: The command ended with 1.',
    ]);
  });

  test('is told how long a later attempt waits', async () => {
    await seeder(core).configure(agent, { retry: { maxAttempts: 2, baseDelayMs: 60_000, maxDelayMs: 60_000 } });
    const { held, told } = await asked();
    await runner.complete(held, failed);
    expect(await told()).toEqual([
      expect.stringMatching(/^“Add a file” is tried again in \d+ s \(try 2 of 2\): The command ended with 1\.$/),
    ]);
  });

  test('is not told of another try when its agent can take none', async () => {
    await seeder(core).configure(agent, { retry: { maxAttempts: 2, baseDelayMs: 0, maxDelayMs: 0 } });
    const { held, task, told } = await asked();
    await core.db.agent.update({ where: { id: agent.id }, data: { isEnabled: false } });
    await runner.complete(held, failed);
    expect((await taskOf(task)).status).toBe('blocked');
    expect(await told()).toEqual([
      expect.stringMatching(/^“Add a file” failed and is blocked \(.*backend.*\): The command ended with 1\.$/),
    ]);
  });
});

describe('stopping a run', () => {
  test('says who did it, and what became of the task', async () => {
    const first = await claimed();
    await cancelRun(core, user, first.held.spec.runId);
    await runner.complete(first.held, {
      ...failed,
      status: 'canceled',
      reason: 'by_user',
      message: 'Stopped by a person',
    });
    expect((await runOf(first.held)).message).toBe(`Stopped by ${user.email}; the task was put back.`);
    const second = await claimed();
    await cancelRun(core, user, second.held.spec.runId, 'cancel');
    await runner.complete(second.held, failed);
    expect((await runOf(second.held)).message).toBe(`Stopped by ${user.email}; the task was canceled.`);
    const waiting = await scheduledTask(core, user, project, agent);
    expect((await cancelRun(core, user, (await pendingRun(waiting)).id)).message).toBe(
      `Stopped by ${user.email}; the task was put back.`,
    );
    const dropped = await scheduledTask(core, user, project, agent);
    expect((await cancelRun(core, user, (await pendingRun(dropped)).id, 'cancel')).message).toBe(
      `Stopped by ${user.email}; the task was canceled.`,
    );
  });

  test('that merges says who did it', async () => {
    const { held, task } = await claimed();
    await runner.complete(held);
    const { mergeRun } = await approveTask(core, user, { taskId: task.id });
    expect((await cancelRun(core, user, mergeRun?.id ?? '')).message).toBe(
      `Stopped by ${user.email}; nothing was merged.`,
    );
  });

  test('that works puts its task back, held, when it has ended: nobody is told of a failure, and both steps are on the trail', async () => {
    await seeder(core).configure(agent, { retry: { maxAttempts: 3, baseDelayMs: 0, maxDelayMs: 0 } });
    const { held, task } = await claimed();
    await cancelRun(core, user, held.spec.runId);
    expect(await taskOf(task)).toMatchObject({ status: 'in_progress', heldBy: null });
    await runner.complete(held, failed);
    expect(await runOf(held)).toMatchObject({ status: 'canceled', reason: 'by_user', cancelRequestedBy: user.email });
    expect(await taskOf(task)).toMatchObject({
      status: 'queued',
      heldBy: user.email,
    });
    expect(await waitingReasonOf(core, task)).toBe(`Held: stopped by ${user.email}. Start it when you are ready.`);
    expect(await statusesTold(task)).toEqual(['in_progress', 'queued']);
    expect(await changesOf(task)).toMatchObject([
      { to: 'in_progress' },
      { from: 'in_progress', to: 'failed', why: `Stopped by ${user.email}.` },
      { from: 'failed', to: 'queued', why: `Stopped by ${user.email}: put back, and held until somebody starts it.` },
    ]);
    expect(await core.db.message.count({ where: { projectId: project.id } })).toBe(0);
    expect(await core.db.taskEvent.count({ where: { taskId: task.id, eventType: 'error' } })).toBe(0);
  });

  test('that was lost meanwhile puts it back all the same: no attempt follows by itself', async () => {
    const { held, task } = await claimed();
    await cancelRun(core, user, held.spec.runId);
    await endLease(core, held.spec.runId);
    await sweepLeases(core);
    expect(await runOf(held)).toMatchObject({ status: 'timed_out', reason: 'runner_lost' });
    expect(await taskOf(task)).toMatchObject({ status: 'queued', heldBy: user.email });
    expect(await liveRuns(task)).toBe(0);
  });

  test('that had done its work by then changes nothing about that', async () => {
    const { held, task } = await claimed();
    await cancelRun(core, user, held.spec.runId);
    await runner.complete(held);
    expect(await taskOf(task)).toMatchObject({ status: 'needs_review', heldBy: null });
  });

  test('that waits holds its task at once', async () => {
    const task = await scheduledTask(core, user, project, agent);
    expect(await cancelRun(core, user, (await pendingRun(task)).id, 'put_back')).toMatchObject({
      status: 'canceled',
      reason: 'by_user',
    });
    expect(await taskOf(task)).toMatchObject({ status: 'queued', heldBy: user.email });
    expect(await changesOf(task)).toEqual([]);
    expect(await runner.claimOrNull()).toBeNull();
  });

  test.each(['pending', 'started'] as const)(
    'that is %s can cancel the task instead: it never starts again',
    async (status) => {
      await seeder(core).configure(agent, { retry: { maxAttempts: 3, baseDelayMs: 0, maxDelayMs: 0 } });
      const task = await scheduledTask(core, user, project, agent);
      const held = status === 'started' ? await runner.claim() : null;
      const run = held?.spec.runId ?? (await pendingRun(task)).id;
      await cancelRun(core, user, run, 'cancel');
      expect((await taskOf(task)).status).toBe('canceled');
      if (held) await runner.complete(held, failed);
      expect(await core.db.agentRun.findUniqueOrThrow({ where: { id: run } })).toMatchObject({
        status: 'canceled',
        reason: 'by_user',
      });
      await scheduleWaiting(core, project.id);
      await sweepLeases(core);
      expect(await runner.claimOrNull()).toBeNull();
      expect(await taskOf(task)).toMatchObject({ status: 'canceled', heldBy: null });
      expect(await core.db.agentRun.count({ where: { taskId: task.id } })).toBe(1);
      for (const again of [
        () => startTask(core, user, { taskId: task.id }),
        () => retryTask(core, user, { taskId: task.id }),
        () => transitionTask(core, user, { taskId: task.id, to: 'queued' }),
      ]) {
        expect(await errorOf(again())).toMatchObject({ code: 'ILLEGAL_TRANSITION' });
      }
    },
  );

  test('twice, first to put back and then to cancel: the last word counts', async () => {
    const { held, task } = await claimed();
    await cancelRun(core, user, held.spec.runId, 'put_back');
    await cancelRun(core, user, held.spec.runId, 'cancel');
    await runner.complete(held, failed);
    expect((await taskOf(task)).status).toBe('canceled');
  });

  test('that merges leaves the task in review', async () => {
    const { held, task } = await claimed();
    await runner.complete(held);
    const { mergeRun } = await approveTask(core, user, { taskId: task.id });
    await cancelRun(core, user, mergeRun?.id ?? '', 'put_back');
    expect(await taskOf(task)).toMatchObject({ status: 'needs_review', heldBy: null });
  });

  test('over the wire asks what becomes of the task; without an answer it is put back', async () => {
    const api = await system.startApi();
    const one = await claimed();
    await post(
      api.url,
      'mutation ($id: ID!) { cancelRun(input: { runId: $id, thenTask: CANCEL }) { __typename } }',
      { id: one.held.spec.runId },
      user.token,
    );
    expect((await taskOf(one.task)).status).toBe('canceled');
    await runner.complete(one.held, failed);
    const two = await claimed();
    await post(
      api.url,
      'mutation ($id: ID!) { cancelRun(input: { runId: $id }) { __typename } }',
      { id: two.held.spec.runId },
      user.token,
    );
    await runner.complete(two.held, failed);
    const { data } = await post(
      api.url,
      'query ($id: ID!) { task(id: $id) { status heldBy heldAt waitingReason liveRun { id } } }',
      { id: two.task.id },
      user.token,
    );
    expect(data?.['task']).toMatchObject({
      status: 'QUEUED',
      heldBy: user.email,
      heldAt: expect.any(String),
      liveRun: null,
    });
    const started = await post(
      api.url,
      'mutation ($id: ID!) { startTask(input: { taskId: $id }) { ... on StartTaskPayload { task { status heldBy heldAt liveRun { status } } } } }',
      { id: two.task.id },
      user.token,
    );
    expect(started.data?.['startTask']).toEqual({
      task: { status: 'QUEUED', heldBy: null, heldAt: null, liveRun: { status: 'PENDING' } },
    });
  });
});

describe('a held task', () => {
  async function heldTask(): Promise<Task> {
    const task = await scheduledTask(core, user, project, agent);
    await cancelRun(core, user, (await pendingRun(task)).id);
    return taskOf(task);
  }

  test('is scheduled by no cycle, however it is changed', async () => {
    const task = await heldTask();
    await scheduleWaiting(core, project.id);
    const other = await seeder(core).agent(project, 'qa');
    await updateTask(core, user, { taskId: task.id, agentId: other.id, priority: 1 });
    await scheduleWaiting(core, project.id);
    expect(await liveRuns(task)).toBe(0);
    expect(await taskOf(task)).toMatchObject({ status: 'queued', heldBy: user.email, agentId: other.id });
  });

  test.each([
    ['startTask', startTask],
    ['retryTask', retryTask],
  ] as const)('goes on with %s', async (_name, start) => {
    const task = await heldTask();
    expect(await start(core, user, { taskId: task.id })).toMatchObject({
      status: 'queued',
      heldBy: null,
      heldAt: null,
    });
    expect((await runner.claim()).spec.taskId).toBe(task.id);
    expect(await errorOf(startTask(core, user, { taskId: task.id }))).toMatchObject({
      code: 'ILLEGAL_TRANSITION',
      rule: 'start_held_only',
    });
  });

  test('starts once, however many start it', async () => {
    const task = await heldTask();
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, () => startTask(core, user, { taskId: task.id })),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await liveRuns(task)).toBe(1);
  });

  test('can be blocked and canceled; unblocked by a person it goes on', async () => {
    const task = await heldTask();
    expect(
      await transitionTask(core, user, { taskId: task.id, to: 'blocked', reason: 'Waits for the key.' }),
    ).toMatchObject({ status: 'blocked', heldBy: null });
    await transitionTask(core, user, { taskId: task.id, to: 'queued' });
    expect(await liveRuns(task)).toBe(1);
    expect(await transitionTask(core, user, { taskId: (await heldTask()).id, to: 'canceled' })).toMatchObject({
      status: 'canceled',
      heldBy: null,
    });
  });

  test('stands in the state document as such', async () => {
    const task = await heldTask();
    const document = buildStateDocument(await readStateFacts(core.db, project.id));
    expect(document.next_actions).toMatchObject([
      { description: `Start or cancel: ${task.title} (held, stopped by ${user.email})` },
    ]);
    expect(document.tasks.next).toEqual([]);
  });

  test('is queued, in the database too', async () => {
    const task = await heldTask();
    await expect(core.db.task.update({ where: { id: task.id }, data: { status: 'failed' } })).rejects.toThrow(
      /tasks_held_is_queued/,
    );
  });
});

describe('archiving a project', () => {
  test('stops what is live and cancels those tasks; what only waits is there when it is taken up again', async () => {
    await seeder(core).configure(agent, { concurrency: 5 });
    const working = await claimed();
    const reviewed = await claimed();
    await runner.complete(reviewed.held);
    const { mergeRun } = await approveTask(core, user, { taskId: reviewed.task.id });
    const waiting = await scheduledTask(core, user, project, agent, { title: 'Waits for a runner' });
    const held = await scheduledTask(core, user, project, agent, { title: 'Held' });
    await cancelRun(core, user, (await pendingRun(held)).id);

    await updateProject(core, user, { projectId: project.id, status: 'archived' });
    expect(await runOf(working.held)).toMatchObject({ cancelReason: 'by_task_cancel' });
    expect(await core.db.agentRun.findUniqueOrThrow({ where: { id: mergeRun?.id ?? '' } })).toMatchObject({
      status: 'canceled',
    });
    expect(
      await Promise.all([working.task, waiting, reviewed.task, held].map(async (task) => (await taskOf(task)).status)),
    ).toEqual(['canceled', 'canceled', 'needs_review', 'queued']);
    expect((await changesOf(waiting)).at(-1)).toMatchObject({ to: 'canceled', why: 'The project was archived.' });
    await runner.complete(working.held, failed);
    expect(await runOf(working.held)).toMatchObject({ status: 'canceled', reason: 'by_task_cancel' });
    expect(await runner.claimOrNull()).toBeNull();

    await updateProject(core, user, { projectId: project.id, status: 'active' });
    await scheduleWaiting(core, project.id);
    expect(await runner.claimOrNull()).toBeNull();
    await startTask(core, user, { taskId: held.id });
    expect((await runner.claim()).spec.taskId).toBe(held.id);
  });

  test('what slipped in at that moment can be stopped by hand, and is by itself', async () => {
    const { held, task } = await claimed();
    await core.db.project.update({ where: { id: project.id }, data: { status: 'archived' } });
    await cancelRun(core, user, held.spec.runId, 'put_back');
    expect((await runOf(held)).cancelRequestedAt).not.toBeNull();
    await core.db.agentRun.update({
      where: { id: held.spec.runId },
      data: { cancelRequestedAt: null, cancelReason: null },
    });
    await sweepArchivedProjects(core);
    expect((await taskOf(task)).status).toBe('canceled');
    expect(await runOf(held)).toMatchObject({ cancelReason: 'by_task_cancel' });
  });

  test('is not for maintainers, and a viewer stops nothing', async () => {
    const { held } = await claimed();
    const other = await seeder(core).user();
    const member = await core.db.projectMember.create({
      data: { id: held.spec.runId, projectId: project.id, userId: other.userId, role: 'viewer' },
    });
    expect(await errorOf(cancelRun(core, other, held.spec.runId))).toMatchObject({ code: 'FORBIDDEN' });
    await core.db.projectMember.update({ where: { id: member.id }, data: { role: 'maintainer' } });
    expect(await errorOf(updateProject(core, other, { projectId: project.id, status: 'archived' }))).toMatchObject({
      code: 'FORBIDDEN',
    });
    expect((await runOf(held)).cancelRequestedAt).toBeNull();
  });
});
