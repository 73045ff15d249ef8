import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  MAX_ACTIVITY_BATCH_ENTRIES,
  MAX_ACTIVITY_ENTRIES,
  MAX_ACTIVITY_OUTPUT_CHARS,
  MAX_ACTIVITY_TARGET_CHARS,
  MAX_ACTIVITY_TEXT_CHARS,
} from '#contract/activity.ts';
import type { UserActor } from '#core/access/actor.ts';
import { removeDeleted } from '#core/deletions/remove-deleted.ts';
import type { Bus } from '#core/events/bus.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { createLogger } from '#core/platform/logger.ts';
import { deleteProject } from '#core/projects/delete-project.ts';
import { followRunActivity, readActivity } from '#core/runs/follow-activity.ts';
import { sweepLeases } from '#core/runs/sweep-leases.ts';
import type { Agent, Project } from '#prisma/generated/client/client.ts';
import { message, messages, toolCall } from '#tests/kit/activity.ts';
import { collect, openSocket, post } from '#tests/kit/graphql-client.ts';
import { endLease, runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import type { HeldRun } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { errorOf, until } from '#tests/kit/until.ts';

let system: TestSystem;
let core: Core;
/** A second process's worth of core: what it publishes reaches the first by Redis only. */
let other: Core & { close(): Promise<void> };
let url: string;
let owner: UserActor & { token: string };
let project: Project;
let agent: Agent;
let runnerToken: string;
let runner: ReturnType<typeof runnerSide>;
let held: HeldRun;
beforeAll(async () => {
  system = await startTestSystem();
  ({ core } = system);
  other = system.openCore({ redisUrl: system.redisUrl, logger: createLogger('other', 'silent') });
  ({ url } = await system.startApi());
  owner = await seeder(core).user();
});
beforeEach(async () => {
  project = await seeder(core).project(owner);
  agent = await seeder(core).agent(project);
  const { actor, token } = await seeder(core).runner(undefined, { projectIds: [project.id] });
  runnerToken = token;
  runner = runnerSide(core, actor);
  await scheduledTask(core, owner, project, agent);
  held = await runner.claim();
});
afterAll(async () => {
  await other.close();
  await system.close();
});

const stored = async (): Promise<unknown[]> =>
  (await readActivity(core, held.spec.runId, -1, 500))?.entries.map(({ entry }) => entry) ?? [];
const run = () => core.db.agentRun.findUniqueOrThrow({ where: { id: held.spec.runId } });
const lose = async (): Promise<void> => {
  await endLease(core, held.spec.runId);
  await sweepLeases(core);
};

describe('entries of a run', () => {
  test('are stored in their order, as they were brought', async () => {
    const entries = [message(0, 'I look.'), toolCall(1, 'npm test')];
    expect(await runner.appendActivity(held, 0, entries)).toBe(1);
    expect(await runner.appendActivity(held, 2, [toolCall(1, 'npm test', { status: 'done', exitCode: 0 })])).toBe(2);
    expect(await stored()).toEqual([...entries, toolCall(1, 'npm test', { status: 'done', exitCode: 0 })]);
    expect((await run()).activityCount).toBe(3);
  });

  test('brought again change nothing; a gap and an overlap are refused with the number that is expected', async () => {
    await runner.appendActivity(held, 0, messages(0, 3));
    expect(await runner.appendActivity(held, 0, messages(7, 2))).toBe(2);
    for (const [from, entries] of [
      [4, messages(4, 1)],
      [2, messages(2, 2)],
    ] as const)
      expect(await errorOf(runner.appendActivity(held, from, entries))).toMatchObject({
        code: 'EXPECTED_SEQ',
        expectedSeq: 3,
      });
    expect(await stored()).toEqual(messages(0, 3));
  });

  test('brought by 20 connections at once are stored once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => runner.appendActivity(held, 0, messages(0, 2))));
    expect(new Set(answers)).toEqual(new Set([1]));
    expect(await stored()).toEqual(messages(0, 2));
  });

  test('of another run, another runner, a wrong lease or an ended run are refused alike', async () => {
    const { actor } = await seeder(core).runner();
    const attempts = [
      () => runnerSide(core, actor).appendActivity(held, 0, messages(0, 1)),
      () => runner.appendActivity({ ...held, token: 'ovm_run_wrong' }, 0, messages(0, 1)),
      () => runner.appendActivity({ ...held, spec: { ...held.spec, runId: newId() } }, 0, messages(0, 1)),
      () => runner.complete(held).then(() => runner.appendActivity(held, 0, messages(0, 1))),
    ];
    for (const attempt of attempts) expect(await errorOf(attempt())).toMatchObject({ code: 'LEASE_LOST' });
    expect(await stored()).toEqual([]);
  });

  test('of a lost run still take its tail, as evidence, which is nothing that is done now', async () => {
    await lose();
    expect(await runner.appendActivity(held, 0, messages(0, 1))).toBe(0);
    expect(await run()).toMatchObject({ status: 'timed_out', activityCount: 1, doing: null });
  });

  test('that break a bound of the contract are refused with the place that does', async () => {
    const refused = async (entries: unknown, from = 0) =>
      ((await errorOf(runner.appendActivity(held, from, entries)))['fields'] as { path: unknown[] }[]).map(
        ({ path }) => path,
      );
    expect(await refused([message(0, 'ok'), message(1, 'x'.repeat(MAX_ACTIVITY_TEXT_CHARS + 1))])).toEqual([
      ['entries', 1, 'text'],
    ]);
    expect(await refused([toolCall(0, 'x'.repeat(MAX_ACTIVITY_TARGET_CHARS + 1))])).toEqual([['entries', 0, 'target']]);
    expect(await refused([toolCall(0, 'x', { output: 'x'.repeat(MAX_ACTIVITY_OUTPUT_CHARS + 1) })])).toEqual([
      ['entries', 0, 'output'],
    ]);
    expect(await refused([{ kind: 'message', item: 0 }])).toEqual([['entries', 0, 'text']]);
    expect(await refused([message(-1, 'x')])).toEqual([['entries', 0, 'item']]);
    expect(await refused([])).toEqual([['entries']]);
    expect(await refused({ kind: 'message' })).toEqual([['entries']]);
    expect(await refused(messages(0, MAX_ACTIVITY_BATCH_ENTRIES + 1))).toEqual([['entries']]);
    const big = Array.from({ length: 40 }, (_, i) => message(i, 'x'.repeat(MAX_ACTIVITY_TEXT_CHARS)));
    expect(await refused(big)).toEqual([['entries']]);
    expect(await refused(messages(0, 2), MAX_ACTIVITY_ENTRIES)).toEqual([['entries']]);
    expect(await stored()).toEqual([]);
  });

  test('with what a database can not store are stored as they can be', async () => {
    await runner.appendActivity(held, 0, [message(0, 'a\0b \ud83d')]);
    expect(await stored()).toEqual([message(0, 'a\ufffdb \ufffd')]);
  });
});

describe('following it', () => {
  const texts = (batches: { entries: { seq: number; entry: unknown }[] }[]): string[] =>
    batches
      .flatMap(({ entries }) => entries)
      .map(({ seq, entry }, i, all) => {
        expect(seq).toBe((all[0]?.seq ?? 0) + i);
        return (entry as { text: string }).text;
      });
  const numbered = (from: number, to: number): string[] =>
    messages(from, to - from).map((entry) => (entry as { text: string }).text);
  function reading<T>(stream: AsyncGenerator<T>) {
    const items: T[] = [];
    const done = (async () => {
      for await (const item of stream) items.push(item);
    })();
    return { items, done, stop: () => stream.return(undefined) };
  }

  test('gives stored entries, then live ones, each once, and ends with the run', async () => {
    const theirs = runnerSide(other, held.runner);
    for (let i = 0; i < 450; i += 150) await theirs.appendActivity(held, i, messages(i, 150));
    const all = reading(followRunActivity(core, held.spec.runId, -1));
    const tail = reading(followRunActivity(core, held.spec.runId, 448));
    const fromAhead = reading(followRunActivity(core, held.spec.runId, 455));
    for (let i = 450; i < 500; i += 5) await theirs.appendActivity(held, i, messages(i, 5));
    await theirs.complete(held);
    await Promise.all([all.done, tail.done, fromAhead.done]);
    expect(texts(all.items)).toEqual(numbered(0, 500));
    expect(texts(tail.items)).toEqual(numbered(449, 500));
    expect(texts(fromAhead.items)).toEqual(numbered(456, 500));
  });

  test('finds what was never published in the rows', async () => {
    const followed = reading(followRunActivity(core, held.spec.runId, -1));
    const muted = {
      ...other,
      bus: { ...other.bus, publishEvents: () => undefined, publish: () => undefined } satisfies Bus,
    };
    const theirs = runnerSide(other, held.runner);
    await theirs.appendActivity(held, 0, messages(0, 1));
    await until(
      () => followed.items,
      (items) => items.length === 1,
    );
    await runnerSide(muted, held.runner).appendActivity(held, 1, messages(1, 3));
    await theirs.appendActivity(held, 4, messages(4, 1));
    await theirs.complete(held);
    await followed.done;
    expect(texts(followed.items)).toEqual(numbered(0, 5));
  });

  test('over a socket goes on where one left off, and two who ask the same get the same', async () => {
    const FOLLOW =
      'subscription ($id: ID!, $after: Int) { runActivity(runId: $id, afterSeq: $after) { firstSeq entries { seq kind text } } }';
    await runner.appendActivity(held, 0, messages(0, 4));
    const client = openSocket(url, owner.token);
    const [first, second] = [-1, 2].map((after) =>
      collect<{ entries: { seq: number; text: string }[] }>(client, FOLLOW, { id: held.spec.runId, after }),
    );
    if (!first || !second) throw new Error('Expected two followers');
    const seqs = (followed: typeof first) => followed.items.flatMap(({ entries }) => entries.map(({ seq }) => seq));
    await first.until(() => seqs(first).length === 4);
    await second.until(() => seqs(second).length === 1);
    await runner.appendActivity(held, 4, messages(4, 2));
    await runner.complete(held);
    await expect.poll(first.ended).toBe('complete');
    await expect.poll(second.ended).toBe('complete');
    expect([seqs(first), seqs(second)]).toEqual([
      [0, 1, 2, 3, 4, 5],
      [3, 4, 5],
    ]);
    await client.dispose();
  });
});

describe('the API', () => {
  const append = (entries: unknown, firstSeq = 0) =>
    post(
      url,
      `mutation ($input: AppendActivityInput!) { appendActivity(input: $input) { __typename
         ... on AppendActivityPayload { lastSeq } ... on ExpectedSeqError { expectedSeq } ... on InvalidInputError { fields { path } } } }`,
      { input: { runId: held.spec.runId, leaseToken: held.token, firstSeq, entries } },
      runnerToken,
    );

  test('takes entries, says typed what is wrong, and pages what there is', async () => {
    expect((await append([message(0, 'I look.'), toolCall(1, 'npm test')])).data?.['appendActivity']).toEqual({
      __typename: 'AppendActivityPayload',
      lastSeq: 1,
    });
    expect((await append(messages(5, 1), 5)).data?.['appendActivity']).toEqual({
      __typename: 'ExpectedSeqError',
      expectedSeq: 2,
    });
    expect((await append('nothing', 2)).data?.['appendActivity']).toMatchObject({
      __typename: 'InvalidInputError',
      fields: [{ path: ['entries'] }],
    });
    const done = toolCall(1, 'npm test', {
      status: 'failed',
      exitCode: 3,
      output: '1 failed',
      changes: [{ path: 'src/a.ts', change: 'changed' }],
    });
    const plan = { kind: 'plan', item: 2, steps: [{ text: 'Look', status: 'active' }] };
    const usage = { kind: 'usage', item: 3, inputTokens: 5e9, cachedInputTokens: 1, outputTokens: 2, costUsd: 0.25 };
    await append([done, plan, usage], 2);
    const { data, errors } = await post(
      url,
      `query ($id: ID!) { run(id: $id) { activityCount doing activity(afterSeq: 0, first: 4) { firstSeq entries {
         seq item kind text name toolKind status target output exitCode changes { path change } steps { text status }
         inputTokens cachedInputTokens outputTokens costUsd createdAt } } none: activity(afterSeq: 9) { firstSeq } } }`,
      { id: held.spec.runId },
      owner.token,
    );
    expect(errors).toBeUndefined();
    expect(data?.['run']).toMatchObject({
      activityCount: 5,
      doing: 'Look',
      none: null,
      activity: {
        firstSeq: 1,
        entries: [
          { seq: 1, item: 1, kind: 'TOOL', status: 'RUNNING', target: 'npm test', text: null, changes: [] },
          {
            seq: 2,
            kind: 'TOOL',
            toolKind: 'EXECUTE',
            status: 'FAILED',
            exitCode: 3,
            output: '1 failed',
            changes: [{ path: 'src/a.ts', change: 'CHANGED' }],
          },
          { seq: 3, kind: 'PLAN', steps: [{ text: 'Look', status: 'ACTIVE' }], changes: null },
          { seq: 4, kind: 'USAGE', inputTokens: 5e9, outputTokens: 2, costUsd: 0.25, name: null },
        ],
      },
    });
  });

  test('shows what only a newer runner knows as OTHER', async () => {
    const entries = [
      { kind: 'dream', item: 0, about: 'sheep' },
      { ...toolCall(1, 'x'), toolKind: 'teleport' },
      { ...message(2, 'x'), mood: 'good' },
      toolCall(3, 'x', { exitCode: 3_221_225_477 }),
    ];
    expect((await append(entries)).data?.['appendActivity']).toMatchObject({ lastSeq: 3 });
    const { data, errors } = await post(
      url,
      'query ($id: ID!) { run(id: $id) { activity { entries { kind name text exitCode } } } }',
      { id: held.spec.runId },
      owner.token,
    );
    expect(errors).toBeUndefined();
    expect(data?.['run']).toMatchObject({
      activity: {
        entries: [
          { kind: 'OTHER', name: 'dream', text: expect.stringContaining('sheep') as string },
          { kind: 'OTHER', name: 'tool', text: expect.stringContaining('teleport') as string },
          { kind: 'OTHER', name: 'message', text: expect.stringContaining('good') as string },
          { kind: 'TOOL', exitCode: null },
        ],
      },
    });
  });

  test('shows a stranger nothing', async () => {
    await append(messages(0, 1));
    const stranger = await seeder(core).user();
    const { data } = await post(
      url,
      'query ($id: ID!) { run(id: $id) { activity { firstSeq } } }',
      { id: held.spec.runId },
      stranger.token,
    );
    expect(data).toEqual({ run: null });
  });
});

describe('what the agent does now', () => {
  const doing = async (): Promise<string | null> => (await run()).doing;

  test('is the newest entry that says it; the run’s end empties it', async () => {
    await runner.appendActivity(held, 0, [message(0, 'I look.\nThen more.'), toolCall(1, 'npm test')]);
    expect(await doing()).toBe('Running npm test');
    await runner.appendActivity(held, 2, [{ kind: 'warning', item: 2, text: 'Careful' }]);
    expect(await doing()).toBe('Running npm test');
    await runner.appendActivity(held, 3, [message(3, 'It '), message(3, 'works.')]);
    expect(await doing()).toBe('It works.');
    await runner.complete(held);
    expect(await doing()).toBeNull();
  });

  test('is how a message began, also when it comes in pieces', async () => {
    await runner.appendActivity(held, 0, [message(0, 'I look at it')]);
    await runner.appendActivity(held, 1, [message(0, ' and go on with it')]);
    expect(await doing()).toBe('I look at it');
    await runner.appendActivity(held, 2, [message(1, 'Done')]);
    expect(await doing()).toBe('Done');
  });

  test('comes to who follows the project when it changes, and only then', async () => {
    const client = openSocket(url, owner.token);
    const followed = collect<{ __typename: string; lastSeq?: number; doing?: string }>(
      client,
      'subscription ($id: ID!) { projectEvents(projectId: $id) { __typename ... on AgentRunActivityAppendedEvent { entityId lastSeq doing } } }',
      { id: project.id },
    );
    const told = () => followed.items.filter((item) => item.__typename === 'AgentRunActivityAppendedEvent');
    let seq = 0;
    const bring = async (entry: unknown) => runner.appendActivity(held, seq++, [entry]);
    await expect
      .poll(async () => {
        await bring(toolCall(seq, `step ${seq}`));
        return told().length;
      })
      .toBeGreaterThan(0);
    await bring(toolCall(seq, 'npm test'));
    await expect
      .poll(() => told().at(-1))
      .toMatchObject({
        entityId: held.spec.runId,
        lastSeq: seq - 1,
        doing: 'Running npm test',
      });
    const before = told().length;
    await bring({ kind: 'warning', item: 0, text: 'x' });
    await bring(toolCall(seq, 'npm run build'));
    await expect.poll(() => told().at(-1)).toMatchObject({ doing: 'Running npm run build' });
    expect(told().length).toBe(before + 1);
    await client.dispose();
  });
});

test('it goes with the project', async () => {
  await runner.appendActivity(held, 0, messages(0, 2));
  await runner.complete(held);
  const { runId } = held.spec;
  expect(await core.db.runActivity.count({ where: { runId } })).toBe(2);
  await deleteProject(core, owner, { projectId: project.id, name: project.name });
  while (await removeDeleted(core)) continue;
  expect(await core.db.runActivity.count({ where: { runId } })).toBe(0);
});
