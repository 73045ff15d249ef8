import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseDiff, type DiffFile } from './parse-diff.ts';

const LONG = Array.from({ length: 30 }, (_, n) => `line ${n}\n`).join('');
const BINARY = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
const ODD_NAMES = ['gr\u00fc\u00dfe.txt', 'with\ttab "and\\quotes".txt', 'with b/in it', 'ends with space '];

let folder: string;
let files: DiffFile[];
const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@localhost', ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
const write = (name: string, content: string | Buffer): void => writeFileSync(path.join(folder, name), content);
const one = (name: string): DiffFile => {
  const found = files.filter((file) => file.path === name);
  expect(found).toHaveLength(1);
  return found[0] as DiffFile;
};

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'parse-diff-'));
  git('init', '-q');
  git('config', 'core.fileMode', 'true');
  for (const name of ['old name.txt', 'source.txt']) write(name, name + LONG);
  for (const name of ['mode.sh', 'mode and text.sh', 'break goes.txt']) write(name, 'a\n');
  mkdirSync(path.join(folder, 'with b'));
  for (const name of ODD_NAMES) write(name, 'a\n');
  write('no break.txt', 'a');
  write('image.png', BINARY);
  write('comment.sql', '-- a comment\n-- more\nselect 1;\n');
  write('odd breaks.txt', 'a\u2028b\rc\n');
  git('add', '-A');
  git('commit', '-qm', 'before');
  renameSync(path.join(folder, 'old name.txt'), path.join(folder, 'a new name, and longer.txt'));
  write('a new name, and longer.txt', `old name.txt${LONG}more\n`);
  write('copy of it.txt', `source.txt${LONG}`);
  write('source.txt', `source.txt${LONG}more\n`);
  for (const name of ['mode.sh', 'mode and text.sh']) chmodSync(path.join(folder, name), 0o755);
  write('mode and text.sh', 'b\n');
  for (const name of ODD_NAMES) write(name, 'b\n');
  write('no break.txt', 'b');
  write('break goes.txt', 'a');
  write('image.png', Buffer.from(BINARY).reverse());
  write('comment.sql', '++ select 2;\nselect 1;\n');
  write('odd breaks.txt', 'a\u2028B\rc\n');
  git('add', '-A');
  files = parseDiff(git('diff', '--cached', '--find-copies'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('what was renamed has both names, and the lines that changed', () => {
  expect(one('a new name, and longer.txt')).toMatchObject({ oldPath: 'old name.txt', change: 'renamed', additions: 1 });
});

test('a copy has its own name, and is a new file', () => {
  expect(one('copy of it.txt')).toMatchObject({ oldPath: 'source.txt', change: 'added', deletions: 0 });
});

test.each(ODD_NAMES)('a file named %j keeps its name', (name) => {
  expect(one(name)).toMatchObject({ oldPath: name, change: 'changed', additions: 1, deletions: 1 });
});

test('a mode alone changes no line; with lines it hides none', () => {
  expect(one('mode.sh')).toMatchObject({ change: 'changed', additions: 0, hunks: [] });
  expect(one('mode and text.sh')).toMatchObject({ change: 'changed', additions: 1, deletions: 1 });
});

test('a binary file has no lines', () => {
  expect(one('image.png')).toMatchObject({ isBinary: true, hunks: [] });
});

test('the last line says that no break follows, on the side where none does', () => {
  const ends = (name: string) =>
    one(name).hunks.flatMap(({ lines }) => lines.map((line) => [line.kind, line.isLastWithoutBreak === true]));
  expect(ends('no break.txt')).toEqual([
    ['removed', true],
    ['added', true],
  ]);
  expect(ends('break goes.txt')).toEqual([
    ['removed', false],
    ['added', true],
  ]);
});

test('lines that look like heads, and odd breaks inside of lines, are lines', () => {
  expect(one('comment.sql').hunks[0]?.lines.map(({ kind, text }) => [kind, text])).toEqual([
    ['removed', '-- a comment'],
    ['removed', '-- more'],
    ['added', '++ select 2;'],
    ['context', 'select 1;'],
  ]);
  expect(one('odd breaks.txt').hunks[0]?.lines.map(({ text }) => text)).toEqual(['a\u2028b\rc', 'a\u2028B\rc']);
});
