import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLogger } from './testing/silent-logger.ts';
import { ClaimIds } from './claim-ids.ts';
import { temporaryFolder } from './testing/programs.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = temporaryFolder();
  file = join(folder, 'claim.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const stored = (): string => (JSON.parse(readFileSync(file, 'utf8')) as { claimId: string }).claimId;

test('an id is on disk before anybody can use it, and stays the same until its claim is settled', async () => {
  const ids = new ClaimIds(file, new Set(), silentLogger);
  const first = await ids.current();
  expect([first.isRepeat, first.id]).toEqual([false, stored()]);
  expect(await ids.current()).toEqual(first);
  ids.repeat(first);
  expect(await ids.current()).toEqual({ id: first.id, isRepeat: true });
  ids.settle();
  const second = await ids.current();
  expect(second.id).not.toBe(first.id);
  expect([second.isRepeat, stored()]).toEqual([false, second.id]);
});

test('the next runner repeats what was not settled, unless its run is on disk', async () => {
  const { id } = await new ClaimIds(file, new Set(), silentLogger).current();
  expect(await new ClaimIds(file, new Set(['another']), silentLogger).current()).toEqual({ id, isRepeat: true });
  expect((await new ClaimIds(file, new Set([id]), silentLogger).current()).id).not.toBe(id);
});

test('an id that could not be stored is not used, and the next one can be', async () => {
  const gone = join(folder, 'gone', 'claim.json');
  const ids = new ClaimIds(gone, new Set(), silentLogger);
  await expect(ids.current()).rejects.toThrow('ENOENT');
  mkdirSync(join(folder, 'gone'));
  expect((await ids.current()).isRepeat).toBe(false);
});
