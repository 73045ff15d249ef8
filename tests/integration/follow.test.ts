import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { MAX_REPLAY_EVENTS, MAX_UNREAD_MESSAGES, TAIL_WAIT_MS } from '#core/config/limits.ts';
import type { Bus, Listener } from '#core/events/bus.ts';
import { eventsChannel } from '#core/events/bus.ts';
import type { EventEnvelope } from '#core/events/define-event.ts';
import { follow } from '#core/events/follow.ts';
import type { Resync } from '#core/events/follow.ts';
import type { Core } from '#core/platform/core.ts';
import { createLogger } from '#core/platform/logger.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { followRunLog } from '#core/runs/follow-logs.ts';
import { sweepLeases } from '#core/runs/sweep-leases.ts';
import { commentOnTask } from '#core/tasks/comment-on-task.ts';
import { createTask } from '#core/tasks/create-task.ts';
import type { Project, Task } from '#prisma/generated/client/client.ts';
import { collect, openSocket } from '#tests/kit/graphql-client.ts';
import { endLease, runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import type { HeldRun } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { startTcpProxy } from '#tests/kit/tcp-proxy.ts';
import { until } from '#tests/kit/until.ts';

let system: TestSystem;
let core: Core;
/** A second process's worth of core: what it publishes reaches the first by Redis only. */
let other: Core & { close(): Promise<void> };
let user: UserActor & { token: string };
let project: Project;
let task: Task;
const openOther = (redisUrl = system.redisUrl) =>
  system.openCore({ redisUrl, logger: createLogger('other', 'silent') });
beforeAll(async () => {
  system = await startTestSystem();
  ({ core } = system);
  other = openOther();
  user = await seeder(core).user();
});
beforeEach(async () => {
  project = await seeder(core).project(user);
  task = await seeder(core).task(user, project);
});
afterAll(async () => {
  await other.close();
  await system.close();
});

const headOf = async (): Promise<bigint> =>
  (await core.db.project.findUniqueOrThrow({ where: { id: project.id } })).eventCursor;
const comment = (by: Core, text: string) => commentOnTask(by, user, { taskId: task.id, text });
/** The same core, whose messages about events never leave: what a crash between commit and publish does. */
const mute = (speaker: Core): Core => ({
  ...speaker,
  bus: { ...speaker.bus, publishEvents: () => undefined, publish: () => undefined } satisfies Bus,
});

/** Reads a stream in the background. */
function reading<T>(stream: AsyncGenerator<T>) {
  const items: T[] = [];
  let state: 'reading' | 'ended' | Error = 'reading';
  const done = (async () => {
    for await (const item of stream) items.push(item);
  })().then(
    () => (state = 'ended'),
    (error: unknown) => (state = error as Error),
  );
  return {
    items,
    state: () => state,
    done,
    until: (condition: (items: T[]) => boolean, timeoutMs?: number) => until(() => items, condition, timeoutMs),
    stop: async () => {
      await stream.return(undefined);
      await done;
    },
  };
}
const cursors = (items: (EventEnvelope | Resync)[]): bigint[] =>
  items
    .filter((item): item is EventEnvelope => 'cursor' in item && !('resync' in item) && item.cursor !== null)
    .map((event) => BigInt(event.cursor ?? 0));
const following = (from: bigint, to: bigint): bigint[] =>
  Array.from({ length: Number(to - from) }, (_, i) => from + 1n + BigInt(i));

describe('following the events of a project', () => {
  test('gives replay and live as one list: each once, in order, without gaps, from two writers', async () => {
    const from = await headOf();
    for (let i = 0; i < 20; i += 1) await comment(other, `before ${i}`);
    const followed = reading(follow(core, project.id, from));
    await Promise.all(Array.from({ length: 100 }, (_, i) => comment(i % 2 ? core : other, `live ${i}`)));
    const head = await headOf();
    await followed.until((items) => cursors(items).at(-1) === head);
    expect(cursors(followed.items)).toEqual(following(from, head));
    await followed.stop();
  });

  test('has cursors in commit order without gaps under 200 transactions at once, rolled back ones included', async () => {
    const from = await headOf();
    await Promise.allSettled(
      Array.from({ length: 200 }, (_, i) =>
        i % 10 === 0
          ? createTask(core, user, {
              projectId: project.id,
              title: 'x',
              agentId: '01890000-0000-7000-8000-000000000000',
            })
          : comment(i % 2 ? core : other, `c${i}`),
      ),
    );
    const head = await headOf();
    expect(head - from).toBe(180n);
    const rows = await core.db.realtimeEvent.findMany({
      where: { projectId: project.id, cursor: { gt: from } },
      orderBy: { cursor: 'asc' },
    });
    expect(rows.map((row) => row.cursor)).toEqual(following(from, head));
    const times = rows.map((row) => row.createdAt.getTime());
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test('finds what was never published: at once when the next message shows the hole', async () => {
    const from = await headOf();
    const followed = reading(follow(core, project.id, from));
    await comment(other, 'one');
    await followed.until((items) => items.length === 1);
    for (let i = 0; i < 5; i += 1) await comment(mute(other), `lost ${i}`);
    await comment(other, 'seven');
    await followed.until((items) => items.length === 7, 2_000);
    expect(cursors(followed.items)).toEqual(following(from, from + 7n));
    await followed.stop();
  });

  test('finds what was never published: by the sweep when nothing more is said', async () => {
    const from = await headOf();
    const followed = reading(follow(core, project.id, from));
    await comment(other, 'one');
    await followed.until((items) => items.length === 1);
    await comment(mute(other), 'lost');
    await followed.until((items) => items.length === 2, 8_000);
    await followed.stop();
  });

  test('goes on when Redis ends its connections in the middle', async () => {
    const from = await headOf();
    const followed = reading(follow(core, project.id, from));
    const admin = new Redis(system.redisUrl);
    const writing = (async () => {
      for (let i = 0; i < 60; i += 1) await comment(i % 2 ? core : other, `c${i}`);
    })();
    await followed.until((items) => items.length > 5);
    const clients = String(await admin.call('client', 'list', 'type', 'pubsub')).split('\n');
    const ours = clients.map((line) => /^id=(\d+)/.exec(line)?.[1]).filter((id) => id !== undefined);
    for (const id of ours) await admin.call('client', 'kill', 'id', id);
    await writing;
    const head = await headOf();
    await followed.until((items) => cursors(items).at(-1) === head);
    expect(cursors(followed.items)).toEqual(following(from, head));
    admin.disconnect();
    await followed.stop();
  });

  test('is only later while Redis is away, and loses nothing; commands succeed meanwhile', async () => {
    const redis = new URL(system.redisUrl);
    const proxy = await startTcpProxy({ host: redis.hostname, port: Number(redis.port) });
    const behind = new URL(system.redisUrl);
    behind.port = String(proxy.port);
    const cutOff = openOther(behind.toString());
    const from = await headOf();
    const followed = reading(follow(cutOff, project.id, from));
    await comment(cutOff, 'one');
    await followed.until((items) => items.length === 1);
    proxy.cut();
    await until(
      () => cutOff.bus.isConnected(),
      (isConnected) => !isConnected,
    );
    const startedAt = performance.now();
    for (let i = 0; i < 5; i += 1) await comment(cutOff, `without redis ${i}`);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
    await followed.until((items) => items.length === 6, 8_000);
    proxy.restore();
    await until(
      () => cutOff.bus.isConnected(),
      (isConnected) => isConnected,
    );
    await comment(other, 'again');
    const head = await headOf();
    await followed.until((items) => cursors(items).at(-1) === head);
    expect(cursors(followed.items)).toEqual(following(from, head));
    await followed.stop();
    await cutOff.close();
    await proxy.close();
  });

  test('tells one that is too far behind to load anew, and goes on from there', async () => {
    const from = await headOf();
    await core.pool.query(
      `with bumped as (update projects set event_cursor = event_cursor + $2::int where id = $1 returning event_cursor)
       insert into realtime_events (project_id, cursor, event_type, payload) select $1, bumped.event_cursor - $2::int + n, 'task.updated', jsonb_build_object('id', $3::text, 'patch', '{}'::jsonb) from bumped, generate_series(1, $2::int) n`,
      [project.id, MAX_REPLAY_EVENTS + 1, task.id],
    );
    const head = await headOf();
    const followed = reading(follow(core, project.id, from));
    await followed.until((items) => items.length === 1);
    expect(followed.items).toEqual([{ resync: true, cursor: String(head) }]);
    await comment(other, 'next');
    await followed.until((items) => items.length === 2);
    expect(cursors(followed.items)).toEqual([head + 1n]);
    await followed.stop();
  });

  test.each(['older than what retention has kept', 'ahead of everything, as after a restore'])(
    'tells one whose cursor is %s to load anew',
    async (name) => {
      for (let i = 0; i < 3; i += 1) await comment(core, `c${i}`);
      const head = await headOf();
      if (name.startsWith('older')) await core.db.realtimeEvent.deleteMany({ where: { projectId: project.id } });
      const followed = reading(follow(core, project.id, name.startsWith('older') ? 1n : head + 1_000n));
      await followed.until((items) => items.length === 1);
      expect(followed.items).toEqual([{ resync: true, cursor: String(head) }]);
      await comment(other, 'next');
      await followed.until((items) => cursors(items).at(-1) === head + 1n);
      await followed.stop();
    },
  );

  test('with no cursor begins now', async () => {
    const followed = reading(follow(core, project.id, null));
    const head = await headOf();
    // The stream has begun when its listener has been told of something.
    await until(
      async () => {
        await comment(other, 'now');
        return followed.items.length;
      },
      (count) => count > 0,
    );
    expect(cursors(followed.items)[0]).toBeGreaterThan(head);
    await followed.stop();
  });
});

describe('what a follower holds', () => {
  test('is given back at once when it goes, also while it waits', async () => {
    const redis = new Redis(system.redisUrl);
    const channel = `${system.redisPrefix}:${eventsChannel(project.id)}`;
    const subscribers = async (): Promise<number> => Number((await redis.pubsub('NUMSUB', channel))[1]);
    const streams = Array.from({ length: 20 }, () => reading(follow(core, project.id, null)));
    expect(await until(subscribers, (count) => count === 1)).toBe(1);
    for (const stream of streams.slice(1)) await stream.stop();
    expect(await subscribers()).toBe(1);
    await streams[0]?.stop();
    expect(await until(subscribers, (count) => count === 0, 2_000)).toBe(0);
    redis.disconnect();
  });

  test('is given back when the database fails at the start', async () => {
    const redis = new Redis(system.redisUrl);
    const channel = `${system.redisPrefix}:${eventsChannel(project.id)}`;
    const subscribers = async (): Promise<number> => Number((await redis.pubsub('NUMSUB', channel))[1]);
    const broken = system.openCore({
      databaseUrl: 'postgresql://nobody@127.0.0.1:1/none',
      logger: createLogger('broken', 'silent'),
    });
    const followed = reading(follow(broken, project.id, null));
    await followed.done;
    expect(followed.state()).toBeInstanceOf(Error);
    expect(await until(subscribers, (count) => count === 0, 2_000)).toBe(0);
    await broken.close();
    redis.disconnect();
  });

  test('is bounded when it never reads: messages are dropped, and found again in the rows', async () => {
    const channel = 'bounded';
    const listener: Listener<number> = core.bus.listen<number>(channel);
    await until(
      () => listener.take(),
      (taken) => taken.missed,
    );
    for (let i = 0; i < 3 * MAX_UNREAD_MESSAGES; i += 1) other.bus.publish(channel, i);
    other.bus.publish('bounded-end', 'end');
    const end = core.bus.listen('bounded-end');
    await until(
      async () => {
        other.bus.publish('bounded-end', 'end');
        return (await end.take()).messages.length;
      },
      (count) => count > 0,
    );
    const taken = await listener.take();
    expect(taken.missed).toBe(true);
    expect(taken.messages.length).toBeLessThanOrEqual(MAX_UNREAD_MESSAGES);
    listener.close();
    end.close();
  });

  test('that reads one thing and then nothing for long is given all of it afterwards, in order', async () => {
    const from = await headOf();
    const stream = follow(core, project.id, from);
    await comment(other, 'first');
    await stream.next();
    // Past what a listener keeps: one message is one transaction, however many events it has.
    const flood = Array.from({ length: MAX_UNREAD_MESSAGES + 200 }, (_, i) => ({
      type: 'task.updated',
      ts: new Date().toISOString(),
      projectId: project.id,
      cursor: String(from + 2n + BigInt(i)),
      entity: { id: task.id, patch: {} },
    }));
    await core.pool.query(
      `with bumped as (update projects set event_cursor = event_cursor + $2::int where id = $1 returning event_cursor)
       insert into realtime_events (project_id, cursor, event_type, payload) select $1, bumped.event_cursor - $2::int + n, 'task.updated', jsonb_build_object('id', $3::text, 'patch', '{}'::jsonb) from bumped, generate_series(1, $2::int) n`,
      [project.id, flood.length, task.id],
    );
    for (const event of flood) other.bus.publish(eventsChannel(project.id), [event]);
    await comment(other, 'last');
    const head = await headOf();
    const got: bigint[] = [];
    for (let last = 0n; last < head; last = got.at(-1) ?? 0n) {
      const { value } = (await stream.next()) as { value: EventEnvelope };
      got.push(BigInt(value.cursor ?? 0));
    }
    expect(got).toEqual(following(from + 1n, head));
    await stream.return(undefined);
  });
});

describe('following the log of a run', () => {
  let held: HeldRun;
  let mine: ReturnType<typeof runnerSide>;
  let theirs: ReturnType<typeof runnerSide>;
  beforeEach(async () => {
    const { actor } = await seeder(core).runner(undefined, { projectIds: [project.id] });
    await scheduledTask(core, user, project, await seeder(core).agent(project));
    mine = runnerSide(core, actor);
    theirs = runnerSide(other, actor);
    held = await mine.claim();
  });
  const linesOf = (batches: { firstSeq: number; messages: string[] }[]): string[] => {
    let next: number | null = null;
    return batches.flatMap((batch) => {
      if (next !== null) expect(batch.firstSeq).toBe(next);
      next = batch.firstSeq + batch.messages.length;
      return batch.messages;
    });
  };
  const numbered = (from: number, count: number): string[] =>
    Array.from({ length: count }, (_, i) => `line ${from + i}`);

  test('gives stored lines, then live ones, each once, and ends with the run', async () => {
    for (let i = 0; i < 5; i += 1) await theirs.append(held, i * 1_000, numbered(i * 1_000, 1_000));
    const all = reading(followRunLog(core, held.spec.runId, -1));
    const tail = reading(followRunLog(core, held.spec.runId, 4_998));
    const fromAhead = reading(followRunLog(core, held.spec.runId, 5_009));
    for (let i = 0; i < 20; i += 1) await theirs.append(held, 5_000 + i * 7, numbered(5_000 + i * 7, 7));
    await theirs.append(held, 5_000 + 19 * 7, numbered(5_000 + 19 * 7, 7));
    await theirs.complete(held, { lineCount: 5_140 });
    await Promise.all([all.done, tail.done, fromAhead.done]);
    expect([all.state(), tail.state(), fromAhead.state()]).toEqual(['ended', 'ended', 'ended']);
    expect(linesOf(all.items)).toEqual(numbered(0, 5_140));
    expect(linesOf(tail.items)).toEqual(numbered(4_999, 141));
    expect(linesOf(fromAhead.items)).toEqual(numbered(5_010, 130));
  });

  test('fills a hole from the rows when messages were lost', async () => {
    const followed = reading(followRunLog(core, held.spec.runId, -1));
    await theirs.append(held, 0, ['line 0']);
    await followed.until((items) => linesOf(items).length === 1);
    const lost = runnerSide(mute(other), held.runner);
    for (let i = 1; i < 6; i += 1) await lost.append(held, i, [`line ${i}`]);
    await theirs.append(held, 6, ['line 6']);
    await followed.until((items) => linesOf(items).length === 7, 2_000);
    expect(linesOf(followed.items)).toEqual(numbered(0, 7));
    await lost.append(held, 7, ['line 7']);
    await followed.until((items) => linesOf(items).length === 8, 8_000);
    await followed.stop();
  });

  test('of a run that has ended gives all and ends, for no line at all too', async () => {
    const empty = await mine.complete(held).then(() => reading(followRunLog(core, held.spec.runId, -1)));
    await empty.done;
    expect([empty.items, empty.state()]).toEqual([[], 'ended']);
  });

  const lose = async (): Promise<void> => {
    await endLease(core, held.spec.runId);
    await sweepLeases(other);
  };

  test('of a run that was lost goes on with the tail that its runner brings when it comes back', async () => {
    const api = await system.startApi();
    const client = openSocket(api.url, user.token);
    const onTheWire = collect<{ firstSeq: number; messages: string[] }>(
      client,
      'subscription ($id: ID!) { runLog(runId: $id) { firstSeq messages } }',
      { id: held.spec.runId },
    );
    const followed = reading(followRunLog(core, held.spec.runId, -1));
    await theirs.append(held, 0, ['line 0']);
    await followed.until((items) => linesOf(items).length === 1);
    await onTheWire.until((items) => linesOf(items).length === 1);
    await lose();
    // Opened after the loss, and still waiting for what is to come.
    const late = reading(followRunLog(core, held.spec.runId, -1));
    await late.until((items) => linesOf(items).length === 1);
    await theirs.append(held, 1, numbered(1, 100));
    await theirs.append(held, 101, ['line 101']);
    for (const reader of [followed, late, onTheWire]) await reader.until((items) => linesOf(items).length === 102);
    expect(linesOf(followed.items)).toEqual(numbered(0, 102));
    expect([followed.state(), late.state(), onTheWire.ended()]).toEqual(['reading', 'reading', null]);
    await Promise.all([followed.stop(), late.stop()]);
    onTheWire.unsubscribe();
    await client.dispose();
  });

  test('of a run that was lost ends when nobody can be expected any more', async () => {
    const followed = reading(followRunLog(core, held.spec.runId, -1));
    await theirs.append(held, 0, ['line 0']);
    await lose();
    await followed.until((items) => linesOf(items).length === 1);
    await core.pool.query('update agent_runs set finished_at = finished_at - make_interval(secs => $2) where id = $1', [
      held.spec.runId,
      TAIL_WAIT_MS / 1_000,
    ]);
    await until(followed.state, (state) => state === 'ended', 8_000);
    const late = reading(followRunLog(core, held.spec.runId, -1));
    await late.done;
    expect(linesOf(late.items)).toEqual(['line 0']);
  });

  test('of a run that is canceled before it starts ends', async () => {
    const waiting = await scheduledTask(core, user, project, await seeder(core).agent(project, 'qa'));
    const run = await core.db.agentRun.findFirstOrThrow({ where: { taskId: waiting.id } });
    const followed = reading(followRunLog(core, run.id, -1));
    await cancelRun(other, user, run.id);
    await until(followed.state, (state) => state === 'ended', 8_000);
  });
});
