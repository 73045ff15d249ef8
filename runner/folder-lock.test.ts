import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockFolder } from './folder-lock.ts';

let folder: string;
let others: ChildProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'overmind-lock-'));
  others = [];
});
afterEach(() => {
  for (const other of others) other.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

const lock = (waitMs = 300) => lockFolder(join(folder, 'runner.lock'), '/srv/runner', waitMs);
const REFUSAL =
  'Another runner works in /srv/runner. Stop it first, or give this one a folder of its own (OVERMIND_RUNNER_DIR).';

/** Another process that holds the folder. */
async function holder(): Promise<ChildProcess> {
  const program = `require('node:net').createServer((socket) => socket.destroy()).listen(process.argv[1], () => console.log('held'))`;
  const other = spawn(process.execPath, ['-e', program, join(folder, 'runner.lock')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  others.push(other);
  await new Promise((resolve) => other.stdout?.once('data', resolve));
  return other;
}
const gone = (other: ChildProcess) => new Promise((resolve) => other.once('exit', resolve));

test('a folder that another runner works in is refused, with what to do', async () => {
  await holder();
  await expect(lock()).rejects.toThrow(REFUSAL);
});

test('one that is stopped still has it', async () => {
  (await holder()).kill('SIGSTOP');
  await expect(lock()).rejects.toThrow(REFUSAL);
});

test('one that was killed has it no more', async () => {
  const other = await holder();
  other.kill('SIGKILL');
  await gone(other);
  (await lock())();
});

test('one that is leaving is waited for', async () => {
  const other = await holder();
  setTimeout(() => other.kill('SIGKILL'), 300);
  (await lock(5_000))();
});

test('given back, it is free for the next, and nothing is left of it', async () => {
  (await lock())();
  (await lock())();
  expect(readdirSync(folder)).toEqual([]);
});

test('of many that find what a dead one left, one gets it', async () => {
  for (let pass = 0; pass < 20; pass += 1) {
    const other = await holder();
    other.kill('SIGKILL');
    await gone(other);
    const taken = await Promise.allSettled(Array.from({ length: 5 }, () => lock(0)));
    const got = taken.filter((each) => each.status === 'fulfilled');
    expect(got).toHaveLength(1);
    got[0]?.value();
  }
});

test('a file of that name that is no socket does not stand in the way', async () => {
  writeFileSync(join(folder, 'runner.lock'), '');
  (await lock())();
});
