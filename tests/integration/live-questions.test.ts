import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MAX_RUN_PERMISSIONS } from '#contract/run-input.ts';
import type { UserActor } from '#core/access/actor.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { followRunnerCommands } from '#core/runners/follow-commands.ts';
import { answerPermission } from '#core/runs/answer-permission.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { expirePermissions } from '#core/runs/expire-permissions.ts';
import { heartbeatRuns } from '#core/runs/heartbeat.ts';
import { sendRunMessage } from '#core/runs/send-run-message.ts';
import { sweepLeases } from '#core/runs/sweep-leases.ts';
import type { Agent, Project, RunPermission } from '#prisma/generated/client/client.ts';
import { collect, openSocket, post } from '#tests/kit/graphql-client.ts';
import { deleteTask } from '#core/tasks/delete-task.ts';
import { endLease, failed, makeLive, runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import type { HeldRun } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

let system: TestSystem;
let core: Core;
let url: string;
let anna: UserActor & { token: string };
let ben: UserActor & { token: string };
let project: Project;
let agent: Agent;
let side: ReturnType<typeof runnerSide>;
let held: HeldRun;
beforeAll(async () => {
  system = await startTestSystem();
  ({ core } = system);
  ({ url } = await system.startApi());
  anna = await seeder(core).user();
  ben = await seeder(core).user();
});
beforeEach(async () => {
  project = await seeder(core).project(anna);
  await addMember(ben, 'maintainer');
  agent = await seeder(core).agent(project);
  side = runnerSide(core, (await seeder(core).runner(undefined, { projectIds: [project.id] })).actor);
  await scheduledTask(core, anna, project, agent);
  held = await side.claim();
  await makeLive(core, held);
});
afterAll(() => system.close());

async function addMember({ userId }: UserActor, role: 'viewer' | 'maintainer'): Promise<void> {
  await core.db.projectMember.create({ data: { id: newId(), projectId: project.id, userId, role } });
}
const permissionOf = ({ id }: RunPermission) => core.db.runPermission.findUniqueOrThrow({ where: { id } });
const answer = (who: UserActor, { id }: RunPermission, decision: 'allow_once' | 'deny') =>
  answerPermission(core, who, { permissionId: id, decision });
const say = (text: string, who: UserActor = anna) => sendRunMessage(core, who, { runId: held.spec.runId, text });
const eventsOf = async (type: string) =>
  (await core.db.realtimeEvent.findMany({ where: { projectId: project.id, eventType: type } })).map(
    ({ payload }) => (payload as { patch: Record<string, unknown> }).patch,
  );
/** As if the time had gone by, on the database's clock. */
async function passTime({ id }: RunPermission): Promise<void> {
  await core.pool.query(
    `update run_permissions set expires_at = clock_timestamp() - interval '1 second' where id = $1`,
    [id],
  );
}
async function setWhenUnanswered(whenUnanswered: string): Promise<void> {
  const configJson = { ...(agent.configJson as object), permissions: { whenUnanswered } };
  await core.db.agent.update({ where: { id: agent.id }, data: { configJson } });
}

describe('a question', () => {
  test('is asked once, however often its runner says it', async () => {
    const first = await side.ask(held, 'A:1');
    expect(first).toMatchObject({ status: 'pending', whenUnanswered: 'deny', target: 'npm publish' });
    expect(first.expiresAt.getTime() - first.askedAt.getTime()).toBe(60_000);
    const again = await Promise.all([side.ask(held, 'A:1'), side.ask(held, 'A:1', { title: 'Other words' })]);
    expect(again.map(({ id, title }) => [id, title])).toEqual([
      [first.id, first.title],
      [first.id, first.title],
    ]);
    expect(await eventsOf('agent.run.permission.asked')).toHaveLength(1);
    await answer(anna, first, 'allow_once');
    expect(await side.ask(held, 'A:1')).toMatchObject({ id: first.id, status: 'allowed' });
  });

  test('asked by ten calls at once is one', async () => {
    const asked = await Promise.all(Array.from({ length: 10 }, () => side.ask(held, 'A:1')));
    expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
  });

  test('that is answered stands in the line of its runner, in the database before anybody hears it', async () => {
    const permission = await side.ask(held, 'A:1');
    const answered = await answer(anna, permission, 'allow_once');
    expect(answered).toMatchObject({ status: 'allowed', answeredBy: anna.email });
    expect(answered.revision).toBeGreaterThan(permission.revision);
    const taken = [{ number: 0, kind: 'permission_answer', text: null, permissionKey: 'A:1', decision: 'allow_once' }];
    expect(await side.take(held)).toEqual(taken);
    // The same again: it was not said to be there.
    expect(await side.take(held)).toEqual(taken);
    expect(await side.take(held, 0)).toEqual([]);
    const trail = await core.db.taskEvent.findMany({ where: { taskId: held.spec.taskId ?? '', eventType: 'log' } });
    expect(trail.map(({ payload }) => payload)).toContainEqual({
      actor: expect.objectContaining({ kind: 'user', name: anna.email }) as unknown,
      runId: held.spec.runId,
      permission: { title: 'Run npm publish', target: 'npm publish', status: 'allowed' },
    });
  });

  test('is answered once: the same again is harmless, and who says otherwise is told who was faster', async () => {
    const permission = await side.ask(held, 'A:1');
    await answer(anna, permission, 'deny');
    expect(await answer(ben, permission, 'deny')).toMatchObject({ status: 'denied', answeredBy: anna.email });
    await expect(answer(ben, permission, 'allow_once')).rejects.toThrow(
      `Already answered by ${anna.email}: it was denied.`,
    );
    expect(await side.take(held)).toHaveLength(1);
    expect(await eventsOf('agent.run.permission.answered')).toEqual([
      { permissionId: permission.id, status: 'denied', answeredBy: anna.email },
    ]);
  });

  test('that two people answer differently at once has one answer', async () => {
    for (let i = 0; i < 5; i += 1) {
      const permission = await side.ask(held, `A:${i}`);
      const answers = await Promise.allSettled([
        answer(anna, permission, 'allow_once'),
        answer(ben, permission, 'deny'),
      ]);
      expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const [, loser] = answers[0].status === 'rejected' ? [answers[1], answers[0]] : answers;
      const { answeredBy } = await permissionOf(permission);
      expect((loser as PromiseRejectedResult).reason).toMatchObject({
        code: 'CONFLICT',
        message: expect.stringContaining(`Already answered by ${answeredBy}`) as string,
      });
    }
    expect((await side.take(held)).map(({ number }) => number)).toEqual([0, 1, 2, 3, 4]);
  });

  test.each([
    ['deny', 'deny'],
    ['allow', 'allow_once'],
    ['nonsense', 'deny'],
  ])('that nobody answers in time is answered so: %s', async (whenUnanswered, decision) => {
    await setWhenUnanswered(whenUnanswered);
    const permission = await side.ask(held, 'A:1');
    const other = await side.ask(held, 'A:2');
    await passTime(permission);
    await expirePermissions(core);
    await expirePermissions(core);
    expect(await permissionOf(permission)).toMatchObject({ status: 'expired', answeredBy: null });
    expect(await permissionOf(other)).toMatchObject({ status: 'pending' });
    expect(await side.take(held)).toMatchObject([{ permissionKey: 'A:1', decision }]);
    await expect(answer(anna, permission, 'allow_once')).rejects.toThrow(/Nobody answered in time/);
  });

  test('that a person answers while its time ends has one answer', async () => {
    const permission = await side.ask(held, 'A:1');
    await passTime(permission);
    await Promise.allSettled([answer(anna, permission, 'allow_once'), expirePermissions(core)]);
    const { status } = await permissionOf(permission);
    expect(await side.take(held)).toMatchObject([{ decision: status === 'allowed' ? 'allow_once' : 'deny' }]);
  });

  test('that its agent waits for no more is closed, and an answer to it refused', async () => {
    const permission = await side.ask(held, 'A:1');
    await side.withdraw(held, 'A:1');
    await side.withdraw(held, 'A:1');
    await side.withdraw(held, 'never asked');
    expect(await permissionOf(permission)).toMatchObject({ status: 'canceled' });
    await expect(answer(anna, permission, 'allow_once')).rejects.toThrow(/does not wait for an answer any more/);
    expect(await side.take(held)).toEqual([]);
    const answered = await side.ask(held, 'A:2');
    await answer(anna, answered, 'allow_once');
    await side.withdraw(held, 'A:2');
    expect(await permissionOf(answered)).toMatchObject({ status: 'allowed' });
  });

  test.each<[string, () => Promise<unknown>]>([
    ['its run is done', () => side.complete(held)],
    ['its run has failed', () => side.complete(held, failed)],
    [
      'its runner is lost',
      async () => {
        await endLease(core, held.spec.runId);
        await sweepLeases(core);
      },
    ],
  ])('is closed when %s', async (_how, end) => {
    const permission = await side.ask(held, 'A:1');
    await end();
    expect(await permissionOf(permission)).toMatchObject({ status: 'canceled' });
    expect(await openQuestion()).toBeNull();
    await expect(answer(anna, permission, 'allow_once')).rejects.toThrow(/does not wait/);
    await expect(side.ask(held, 'A:2')).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await expect(side.take(held)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await expect(side.withdraw(held, 'A:1')).rejects.toMatchObject({ code: 'LEASE_LOST' });
  });

  test('of another runner, or under another lease, is refused', async () => {
    const { actor } = await seeder(core).runner(undefined, { projectIds: [project.id] });
    for (const [other, run] of [
      [runnerSide(core, actor), held],
      [side, { ...held, token: 'another' }],
    ] as const) {
      await expect(other.ask(run, 'A:1')).rejects.toMatchObject({ code: 'LEASE_LOST' });
      await expect(other.take(run)).rejects.toMatchObject({ code: 'LEASE_LOST' });
      await expect(other.withdraw(run, 'A:1')).rejects.toMatchObject({ code: 'LEASE_LOST' });
    }
    expect(await core.db.runPermission.count({ where: { runId: held.spec.runId } })).toBe(0);
  });

  test('is none of an agent that asks in a circle', async () => {
    await core.pool.query(
      `insert into run_permissions (id, run_id, key, title, tool_kind, status, when_unanswered, answered_at, expires_at)
       select gen_random_uuid(), $1, 'old ' || n, 'x', 'other', 'denied', 'deny', now(), now() from generate_series(1, $2) n`,
      [held.spec.runId, MAX_RUN_PERMISSIONS],
    );
    await expect(side.ask(held, 'A:1')).rejects.toThrow(/at most 1,000 questions/);
  });

  test('is answered by who may approve, and by nobody else', async () => {
    const permission = await side.ask(held, 'A:1');
    const [viewer, stranger] = [await seeder(core).user(), await seeder(core).user()];
    await addMember(viewer, 'viewer');
    await expect(answer(viewer, permission, 'allow_once')).rejects.toThrow(/maintainer/);
    await expect(answer(stranger, permission, 'allow_once')).rejects.toThrow(`There is no question ${permission.id}`);
    await expect(say('Hello', viewer)).rejects.toThrow(/maintainer/);
    await expect(say('Hello', stranger)).rejects.toThrow(`There is no run ${held.spec.runId}`);
    expect(await permissionOf(permission)).toMatchObject({ status: 'pending' });
  });
});

describe('what is said to an agent', () => {
  test('stands in one line with the answers, without gaps, however many say it at once', async () => {
    const asked = await Promise.all(Array.from({ length: 5 }, (_, i) => side.ask(held, `A:${i}`)));
    await Promise.all([
      ...Array.from({ length: 15 }, (_, i) => say(`message ${i}`, i % 2 === 0 ? anna : ben)),
      ...asked.map((permission) => answer(ben, permission, 'allow_once')),
    ]);
    const taken = await side.take(held);
    expect(taken.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(taken.filter(({ kind }) => kind === 'message').map(({ text }) => text)).toHaveLength(15);
    expect(await side.take(held, 12)).toEqual(taken.slice(13));
  });

  test('is delivered when its runner says so, and not before', async () => {
    const first = await say('One');
    await say('Two');
    const deliveredOf = async () =>
      (await core.db.runInput.findMany({ where: { runId: held.spec.runId }, orderBy: { number: 'asc' } })).map(
        ({ deliveredAt }) => deliveredAt !== null,
      );
    await side.take(held);
    expect(await deliveredOf()).toEqual([false, false]);
    await side.take(held, 0);
    expect(await deliveredOf()).toEqual([true, false]);
    // An older call that comes late takes nothing back.
    await side.take(held);
    expect(await deliveredOf()).toEqual([true, false]);
    await expect(side.take(held, 2)).rejects.toThrow(/nothing more was said/);
    expect(await eventsOf('agent.run.message.delivered')).toEqual([{ messageIds: [first.id] }]);
  });

  test('wakes its runner, and a heartbeat says it too until it was taken', async () => {
    const { spec, token, runner } = held;
    const commands = followRunnerCommands(core, runner);
    // It listens from its first command on.
    await commands.next();
    await say('Mind the gap');
    for await (const command of commands) {
      if (command.type === 'work') continue;
      expect(command).toMatchObject({ type: 'input', runId: spec.runId });
      break;
    }
    const beat = () => heartbeatRuns(core, runner, [{ runId: spec.runId, leaseToken: token }]);
    expect(await beat()).toMatchObject([{ hasInput: true }]);
    await side.take(held, 0);
    expect(await beat()).toMatchObject([{ hasInput: false }]);
  });

  test.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'is not run live',
      () => core.db.agentRun.update({ where: { id: held.spec.runId }, data: { takesInput: false } }),
      /only one that is run live/,
    ],
    ['is being stopped', () => cancelRun(core, anna, held.spec.runId), /is being stopped/],
    ['has ended', () => side.complete(held), /has already ended/],
  ])('is refused when its run %s', async (_why, change, words) => {
    await change();
    await expect(say('Too late')).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringMatching(words) as string,
    });
    expect(await core.db.runInput.count({ where: { runId: held.spec.runId } })).toBe(0);
  });

  test('is heard by a runner that comes back later, too', async () => {
    await say('Mind the gap');
    // The word itself was lost with the connection.
    const listen: Core['bus']['listen'] = (channel) => {
      const listener = core.bus.listen<never>(channel);
      listener.nudge();
      return listener;
    };
    for await (const command of followRunnerCommands({ ...core, bus: { ...core.bus, listen } }, held.runner)) {
      if (command.type === 'work') continue;
      expect(command).toMatchObject({ type: 'input', runId: held.spec.runId });
      break;
    }
  });

  test('goes with its task', async () => {
    const permission = await side.ask(held, 'A:1');
    await answer(anna, permission, 'deny');
    await side.complete(held);
    await deleteTask(core, anna, { taskId: held.spec.taskId ?? '' });
    expect(await core.db.runPermission.count({ where: { id: permission.id } })).toBe(0);
    expect(await core.db.runInput.count({ where: { runId: held.spec.runId } })).toBe(0);
  });
});

const QUESTION = `query ($id: ID!) { run(id: $id) { revision canBeMessaged openPermission { id title detail toolKind }
  permissions(last: 10) { nodes { id status answeredBy } } messages(last: 10) { nodes { text author deliveredAt } } } }`;
interface AskedRun {
  revision: number;
  canBeMessaged: boolean;
  openPermission: { id: string } | null;
  permissions: { nodes: { id: string; status: string }[] };
  messages: { nodes: { text: string; author: string; deliveredAt: string | null }[] };
}
async function runOf(): Promise<AskedRun> {
  const { data, errors } = await post(url, QUESTION, { id: held.spec.runId }, anna.token);
  expect(errors).toBeUndefined();
  return (data as { run: AskedRun }).run;
}
async function openQuestion(): Promise<string | null> {
  return (await runOf()).openPermission?.id ?? null;
}

describe('pages', () => {
  test('show the oldest open question, all of them, and all that was said, in order', async () => {
    const first = await side.ask(held, 'A:1', { title: 'First' });
    const second = await side.ask(held, 'A:2', { title: 'Second' });
    const before = await runOf();
    expect(before).toMatchObject({ canBeMessaged: true, openPermission: { id: first.id, toolKind: 'EXECUTE' } });
    await answer(anna, first, 'allow_once');
    await say('And one more thing', ben);
    await say('Thanks');
    const after = await runOf();
    expect(after.openPermission?.id).toBe(second.id);
    expect(after.revision).toBeGreaterThan(before.revision);
    expect(after.permissions.nodes.map(({ status }) => status)).toEqual(['ALLOWED', 'PENDING']);
    expect(after.messages.nodes.map(({ text, author }) => [text, author])).toEqual([
      ['And one more thing', ben.email],
      ['Thanks', anna.email],
    ]);
  });

  test('of several runs each show their own', async () => {
    await scheduledTask(core, anna, project, agent);
    const other = await side.claim();
    await makeLive(core, other);
    await side.ask(other, 'A:1', { title: 'Of the other' });
    await say('For the first');
    await sendRunMessage(core, anna, { runId: other.spec.runId, text: 'For the other' });
    const { data } = await post(
      url,
      `query ($id: ID!) { runs(projectId: $id, first: 5) { nodes { id openPermission { title } permissions(last: 5) { nodes { title } } messages(last: 5) { nodes { text } } } } }`,
      { id: project.id },
      anna.token,
    );
    expect((data as { runs: { nodes: unknown[] } }).runs.nodes).toEqual([
      {
        id: other.spec.runId,
        openPermission: { title: 'Of the other' },
        permissions: { nodes: [{ title: 'Of the other' }] },
        messages: { nodes: [{ text: 'For the other' }] },
      },
      {
        id: held.spec.runId,
        openPermission: null,
        permissions: { nodes: [] },
        messages: { nodes: [{ text: 'For the first' }] },
      },
    ]);
  });

  test('are told when it is asked, answered, said and delivered, each with a newer revision', async () => {
    const client = openSocket(url, anna.token);
    const followed = collect<Told>(
      client,
      `subscription ($id: ID!) { projectEvents(projectId: $id, after: "0") { __typename
        ... on AgentRunPermissionAskedEvent { run { revision openPermission { title } } }
        ... on AgentRunPermissionAnsweredEvent { run { revision openPermission { title } } }
        ... on AgentRunMessageSentEvent { run { revision openPermission { title } } }
        ... on AgentRunMessageDeliveredEvent { run { revision openPermission { title } } } } }`,
      { id: project.id },
    );
    const told = (count: number) =>
      followed.until((items) => talk(items).length >= count).then(() => talk(followed.items));
    const permission = await side.ask(held, 'A:1');
    await told(1);
    await answer(anna, permission, 'deny');
    await told(2);
    await say('Try without it');
    await told(3);
    await side.take(held, 1);
    const events = await told(4);
    expect(events.map(({ __typename }) => __typename)).toEqual([
      'AgentRunPermissionAskedEvent',
      'AgentRunPermissionAnsweredEvent',
      'AgentRunMessageSentEvent',
      'AgentRunMessageDeliveredEvent',
    ]);
    expect(events.map(({ run }) => run?.openPermission)).toEqual([{ title: 'Run npm publish' }, null, null, null]);
    const revisions = events.map(({ run }) => run?.revision ?? 0);
    expect([...new Set(revisions)].sort((a, b) => a - b)).toEqual(revisions);
    followed.unsubscribe();
    await client.dispose();
  });
});

type Told = { __typename: string; run?: { revision: number; openPermission: unknown } };
function talk(items: readonly Told[]): Told[] {
  return items.filter(({ __typename }) => /Permission|RunMessage/.test(__typename));
}
