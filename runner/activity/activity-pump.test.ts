import { appendFileSync, mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MAX_ACTIVITY_BATCH_ENTRIES, type ActivityEntry } from '#contract/activity.ts';
import { LeaseLostError } from '../control-plane/control-plane.ts';
import { createSpools } from '../logs/marks.ts';
import { createMasker } from '../logs/mask.ts';
import { SPOOL_FILES } from '../logs/spool-files.ts';
import { codex, gemini, printed, type Line } from '../readers/testing/streams.ts';
import { storeActivity } from '../testing/fake-control-plane.ts';
import { until } from '../testing/programs.ts';
import { silentLogger } from '../testing/silent-logger.ts';
import { ActivityPump, type ActivityBatch, type ActivityPumpOptions } from './activity-pump.ts';

/** What the set-up has printed before the agent began: it looks like an event, and is none of its. */
const SET_UP = printed([codex.said('I am the set-up.')]);

let folder: string;
let stored: ActivityEntry[];
let batches: ActivityBatch[];
const running: ActivityPump[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ovm-activity-'));
  stored = [];
  batches = [];
  createSpools(folder);
  out(SET_UP);
});
afterEach(async () => {
  for (const pump of running.splice(0)) await pump.close();
  rmSync(folder, { recursive: true });
});

const store = async (batch: ActivityBatch): Promise<number> => {
  batches.push(batch);
  return storeActivity(stored, batch);
};
function pump(part: Partial<ActivityPumpOptions> = {}): ActivityPump {
  const started = new ActivityPump({
    folder,
    from: SET_UP.length,
    program: 'codex',
    workFolder: '/srv/shop',
    session: null,
    masker: createMasker(['hunter2"hunter2']),
    send: store,
    logger: silentLogger,
    ...part,
  });
  running.push(started);
  return started;
}
function out(text: string | Line[]): void {
  appendFileSync(join(folder, SPOOL_FILES.stdout), typeof text === 'string' ? text : printed(text));
}
const said = (from: number, to: number): Line[] =>
  Array.from({ length: to - from }, (_, index) => codex.said(`Word ${from + index}.`));
const words = (): string[] => stored.map((entry) => ('text' in entry ? entry.text : entry.kind));
const wordsTo = (to: number): string[] => Array.from({ length: to }, (_, index) => `Word ${index}.`);

test('what the agent does arrives while it works, and what came before it does not', async () => {
  const started = pump();
  out([codex.started(), codex.said('One.')]);
  await until(() => stored.length === 1, 'the first message');
  const half = printed([codex.said('Two.')]);
  out(half.slice(0, 20));
  out(half.slice(20));
  await until(() => stored.length === 2, 'the second message');
  out(printed([codex.said('A last line without an end.')]).trimEnd());
  await started.finish();
  expect(words()).toEqual(['One.', 'Two.', 'A last line without an end.']);
});

test('a secret never arrives, in whatever way the stream writes it', async () => {
  const started = pump();
  out([codex.said('The key is hunter2"hunter2.')]);
  out('{"type":"new","key":"\\u0068unter2\\u0022hunter2"}\n');
  await started.finish();
  expect(words()).toEqual(['The key is ***.', '{"type":"new","key":"***"}']);
});

test('entries that come while a batch is under way leave together', async () => {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const started = pump({
    send: async (batch) => {
      await held;
      return store(batch);
    },
  });
  out(said(0, 1));
  await turn();
  out(said(1, 900));
  release();
  await started.finish();
  expect(words()).toEqual(wordsTo(900));
  expect(batches.length).toBeLessThanOrEqual(2 + Math.ceil(900 / MAX_ACTIVITY_BATCH_ENTRIES));
});

test('a batch is never larger than the control plane takes', async () => {
  out(Array.from({ length: 30 }, () => codex.said('\u0001'.repeat(30_000))));
  await pump().finish();
  expect(words().join('')).toBe('\u0001'.repeat(900_000));
});

test.each([0, 1, 2, 5])(
  'a runner that is killed after %i batches is followed by one that goes on where it was',
  async (lives) => {
    out(said(0, 1_000));
    let left = lives;
    // Stored, but the answer never arrives: what a SIGKILL at that moment leaves behind.
    const killed = pump({
      send: async (batch) => {
        if (left > 0) await store(batch);
        left -= 1;
        return left > 0 ? stored.length - 1 : new Promise<number>(() => undefined);
      },
    });
    await until(() => left <= 0, 'the last batch of the first runner');
    running.length = 0;
    void killed.close(); // never settles: its request is still open
    const before = [...stored];
    out(said(1_000, 1_003));
    await pump().finish();
    expect(stored.slice(0, before.length)).toEqual(before);
    expect(words()).toEqual(wordsTo(1_003));
  },
);

test('a runner that comes back while the agent works goes on in the middle of a text that is in pieces', async () => {
  const pieces = Array.from({ length: 40 }, (_, index) => gemini.said(index % 3 === 0 ? `line ${index}\n` : 'some '));
  const output = printed(pieces);
  for (let at = 0; at < output.length; at += 500) {
    out(output.slice(at, at + 500));
    const life = pump({ program: 'gemini' });
    const before = batches.length;
    await until(() => batches.length > before, 'its first batch');
    await life.close();
  }
  await pump({ program: 'gemini' }).finish();
  const resumed = [...stored];
  stored = [];
  await pump({ program: 'gemini' }).finish();
  expect(resumed).toEqual(stored);
  expect(words().join('')).toContain('line 0\nsome some line 3\n');
});

test('a control plane that takes a batch of which it has a part, or answers with what it has, is believed', async () => {
  out(said(0, 10));
  await pump().finish();
  out(said(10, 20));
  const sendNew = async ({ firstSeq, entries }: ActivityBatch): Promise<number> => {
    if (firstSeq < stored.length && stored.length < 15) return stored.length - 1;
    return storeActivity(stored, { firstSeq: stored.length, entries: entries.slice(stored.length - firstSeq) });
  };
  await pump({ send: sendNew }).finish();
  expect(words()).toEqual(wordsTo(20));
});

test('entries that the control plane lost are sent again', async () => {
  const started = pump();
  for (let round = 0; round < 5; round += 1) {
    out(said(round, round + 1));
    await until(() => stored.length === round + 1, `entry ${round}`);
  }
  stored.length = 2;
  out(said(5, 6));
  await started.finish();
  expect(words()).toEqual(wordsTo(6));
});

test('what is refused for good ends the pump with what was said', async () => {
  out(said(0, 1));
  const lost = new LeaseLostError('a run');
  await expect(pump({ send: () => Promise.reject(lost) }).finished).rejects.toBe(lost);
  await expect(pump({ send: ({ firstSeq }) => Promise.resolve(firstSeq - 1) }).finished).rejects.toThrow('has it not');
});

test('nothing is read before it can be sent: a long stream is never held in memory', async () => {
  const line = printed([codex.said('x'.repeat(1_000))]);
  out(line.repeat(19_000));
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const started = pump({
    send: async (batch) => {
      const answer = await store(batch);
      await held;
      return answer;
    },
  });
  await until(() => batches.length === 1, 'the first batch');
  for (let round = 0; round < 50; round += 1) await turn();
  // Whoever has read on by now has more.
  truncateSync(join(folder, SPOOL_FILES.stdout), SET_UP.length + line.length * 1_000);
  release();
  await started.finish();
  expect(stored).toHaveLength(1_000);
});
