import { chmodSync, mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from '../testing/programs.ts';
import { findProgram, foldersOfPath } from './programs-on-path.ts';
import { Sandbox } from './sandbox.ts';

let folder: string;
const at = (path: string): string => join(folder, path);
beforeEach(() => {
  folder = realpathSync(temporaryFolder());
  for (const name of ['a', 'b', 'c']) mkdirSync(at(name));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, mode = 0o755): void {
  writeFileSync(at(path), '#!/bin/sh\necho bubblewrap 0.3.0\n');
  chmodSync(at(path), mode);
}
const find = (): string | null => findProgram('bwrap', foldersOfPath(`:.:a:${at('a')}:${at('b')}:${at('b')}:${at('c')}:`));

test('the first program of the name is found, through links', () => {
  expect(find()).toBeNull();
  write('c/bwrap');
  expect(find()).toBe(at('c/bwrap'));
  symlinkSync(at('c/bwrap'), at('b/bwrap'));
  expect(find()).toBe(at('b/bwrap'));
});

test.each<[string, () => void]>([
  ['a folder', () => mkdirSync(at('a/bwrap'))],
  ['a file that is not executable', () => write('a/bwrap', 0o644)],
  ['a link to nothing', () => symlinkSync(at('nothing'), at('a/bwrap'))],
  ['a link to itself', () => symlinkSync('bwrap', at('a/bwrap'))],
  ['no folder at all', () => {
    rmSync(at('a'), { recursive: true });
    write('a');
  }],
])('what bears the name and is none is passed over: %s', async (_what, make) => {
  make();
  expect(find()).toBeNull();
  write('b/bwrap');
  expect(find()).toBe(at('b/bwrap'));
  expect((await Sandbox.open({ file: null, searchPath: `${at('a')}:${at('b')}` })).whyNot('auto')).toContain('bubblewrap 0.3 is too old');
});

test('each absolute folder counts once, in its order', () => {
  expect(foldersOfPath('')).toEqual([]);
  expect(foldersOfPath(':/b:.:bin:/a:/b:')).toEqual(['/b', '/a']);
});
