import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LogGapError, LogPump, type LogBatch } from './log-pump.ts';
import { createSpools, writeAside, writeMark } from './marks.ts';
import { createMasker } from './mask.ts';
import { silentLogger } from '../testing/silent-logger.ts';
import { SPOOL_FILES } from './spool-files.ts';

/** What a control plane keeps: it takes a repeated batch, and refuses a gap. */
class Store {
  lines: string[] = [];
  batches = 0;
  hold: Promise<void> | null = null;

  send = async (batch: LogBatch): Promise<number> => {
    await this.hold;
    this.batches += 1;
    if (batch.firstSeq > this.lines.length) throw new LogGapError(this.lines.length);
    expect(batch.messages.length).toBeLessThanOrEqual(1_000);
    expect(batch.streams).toHaveLength(batch.messages.length);
    batch.messages.forEach((message, index) => {
      const line = `${batch.streams[index]}:${message}`;
      const known = this.lines[batch.firstSeq + index];
      if (known === undefined) this.lines.push(line);
      else expect(line).toBe(known);
    });
    return this.lines.length - 1;
  };
}

let folder: string;
let store: Store;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ovm-pump-'));
  store = new Store();
  createSpools(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

function pump(send = store.send, maxLogBytes = 1_000_000_000): LogPump {
  return new LogPump({
    folder,
    masker: createMasker(['hunter2hunter2']),
    maxLogBytes,
    send,
    logger: silentLogger,
    onDiskTrouble: () => undefined,
  });
}
const out = (text: string | Buffer): void => appendFileSync(join(folder, SPOOL_FILES.stdout), text);
const err = (text: string): void => appendFileSync(join(folder, SPOOL_FILES.stderr), text);

test('system lines stand where they belong, and end an unfinished line', async () => {
  writeMark(folder, 'first command');
  out('one\ntwo');
  writeMark(folder, 'second command');
  out('three\n');
  err('oops hunter2hunter2\n');
  writeMark(folder, null, true);
  expect(await pump().finished).toBe(6);
  expect(store.lines).toEqual(['3:first command', '1:one', '1:two', '3:second command', '1:three', '2:oops ***']);
});

test.each([
  ['a line', ['one\ntw', 'o\nthree\n'], ['1:one', '3:canceled', '1:two', '1:three']],
  [
    'a character',
    [Buffer.from('ö').subarray(0, 1), Buffer.concat([Buffer.from('ö').subarray(1), Buffer.from('\n')])],
    ['3:canceled', '1:ö'],
  ],
  ['an end of a line', ['one\r', '\ntwo\n'], ['3:canceled', '1:one', '1:two']],
  ['a secret', ['my hunter2', 'hunter2 is\n'], ['3:canceled', '1:my *** is']],
])(
  'a system line in the middle of %s of a program that goes on divides it not',
  async (_name, [before, after], lines) => {
    out(before ?? '');
    writeAside(folder, 'canceled');
    out(after ?? '');
    writeMark(folder, null, true);
    await pump().finished;
    expect(store.lines).toEqual(lines);
  },
);

test('everything it needs is open from its start: lines are carried when nothing can be opened any more', async () => {
  const running = pump();
  await until(() => existsSync(join(folder, 'journal.ndjson')));
  // Stands for a process without a free descriptor: whoever opens the path now fails.
  rmSync(join(folder, 'journal.ndjson'));
  mkdirSync(join(folder, 'journal.ndjson'));
  out('a\nb\n');
  writeMark(folder, null, true);
  expect(await running.finished).toBe(2);
  expect(store.lines).toEqual(['1:a', '1:b']);
});

test('lines that come one by one leave together, and the first of them at once', async () => {
  const departuresMs: number[] = [];
  const running = pump(async (batch) => {
    departuresMs.push(performance.now());
    return store.send(batch);
  });
  out('first\n');
  await until(() => store.lines.length === 1);
  for (let line = 0; line < 200; line += 1) {
    out(`${line}\n`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  writeMark(folder, null, true);
  expect(await running.finished).toBe(201);
  const spanMs = departuresMs.at(-1)! - departuresMs[0]!;
  expect(departuresMs.length).toBeGreaterThan(1);
  expect(departuresMs.length - 1).toBeLessThanOrEqual(Math.ceil(spanMs));
});

test('lines appear while the program runs, in the order they were written', async () => {
  const running = pump();
  out('a\n');
  await until(() => store.lines.length === 1);
  err('b\n');
  await until(() => store.lines.length === 2);
  out('c\npart');
  await until(() => store.lines.length === 3);
  out('ial\n');
  writeMark(folder, 'end', true);
  expect(await running.finished).toBe(5);
  expect(store.lines).toEqual(['1:a', '2:b', '1:c', '1:partial', '3:end']);
});

test('a runner that is killed between sending and the answer sends the same lines again', async () => {
  // Stored, but the answer never arrives: what a SIGKILL at that moment leaves behind.
  const lost = pump(async (batch) => {
    await store.send(batch);
    return new Promise<number>(() => undefined);
  });
  for (let round = 0; round < 300; round += 1) {
    out(`out ${round}\n`);
    if (round % 3 === 0) err(`err ${round}\n`);
  }
  await until(() => store.lines.length > 0);
  const stored = [...store.lines];
  out('after\n');
  writeMark(folder, null, true);
  void lost.close(); // never settles: its request is still open
  expect(await pump().finished).toBe(401);
  expect(store.lines.slice(0, stored.length)).toEqual(stored);
  expect(store.lines).toHaveLength(401);
  expect(store.lines.filter((line) => line.startsWith('1:'))).toEqual([
    ...Array.from({ length: 300 }, (_, n) => `1:out ${n}`),
    '1:after',
  ]);
});

test('a torn journal record, which was never sent, does no harm', async () => {
  out('a\nb\n');
  const first = pump();
  await until(() => store.lines.length === 2);
  await first.close();
  appendFileSync(join(folder, 'journal.ndjson'), '{"firstSeq":2,"li');
  out('c\n');
  writeMark(folder, null, true);
  expect(await pump().finished).toBe(3);
  expect(store.lines).toEqual(['1:a', '1:b', '1:c']);
});

test('lines that the control plane lost are sent again', async () => {
  const running = pump();
  for (let round = 0; round < 5; round += 1) {
    out(`line ${round}\n`);
    await until(() => store.lines.length === round + 1);
  }
  store.lines.length = 2;
  out('line 5\n');
  writeMark(folder, null, true);
  expect(await running.finished).toBe(6);
  expect(store.lines).toEqual([0, 1, 2, 3, 4, 5].map((n) => `1:line ${n}`));
});

test('100,000 lines of both streams arrive once and in order, in few batches', async () => {
  let release = (): void => undefined;
  store.hold = new Promise((resolve) => (release = resolve));
  const running = pump();
  for (let block = 0; block < 100; block += 1) {
    out(Array.from({ length: 500 }, (_, n) => `o${block * 500 + n} ${'x'.repeat(n % 80)}\n`).join(''));
    err(Array.from({ length: 500 }, (_, n) => `e${block * 500 + n}\n`).join(''));
  }
  release();
  writeMark(folder, null, true);
  expect(await running.finished).toBe(100_000);
  const numbers = (prefix: string): number[] =>
    store.lines.filter((line) => line.startsWith(prefix)).map((line) => Number.parseInt(line.slice(3), 10));
  const expected = Array.from({ length: 50_000 }, (_, n) => n);
  expect(numbers('1:o')).toEqual(expected);
  expect(numbers('2:e')).toEqual(expected);
  expect(store.batches).toBeLessThan(160);
});

test('output beyond the cap is not sent, system lines still are', async () => {
  out('x'.repeat(99) + '\n');
  out('y'.repeat(5_000));
  writeMark(folder, 'stopped: too much output', true);
  expect(await pump(store.send, 1_100).finished).toBe(3);
  expect(store.lines).toEqual([`1:${'x'.repeat(99)}`, `1:${'y'.repeat(1_000)}`, '3:stopped: too much output']);
});

test('binary output breaks nothing', async () => {
  out(Buffer.from(Array.from({ length: 200_000 }, (_, n) => (n * 7919) % 256)));
  writeMark(folder, null, true);
  const lines = await pump().finished;
  expect(lines).toBe(store.lines.length);
  expect(store.lines.some((line) => line.includes('\0'))).toBe(false);
});

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 2));
}
