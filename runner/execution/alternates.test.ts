import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../testing/programs.ts';
import { parseAlternates } from './alternates.ts';

let folder: string;
beforeAll(() => {
  folder = realpathSync(temporaryFolder());
  execFileSync('git', ['init', '--quiet', folder]);
  for (const name of ['a', 'b', 'odd"name', 'two\nlines', 'ü', 'tab\t']) mkdirSync(join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The object folders that Git itself takes from such a file. */
function readByGit(text: string): string[] {
  writeFileSync(join(folder, '.git/objects/info/alternates'), text);
  const { stdout } = spawnSync('git', ['-c', 'core.quotePath=false', 'count-objects', '-v'], {
    cwd: folder,
    encoding: 'utf8',
  });
  // It quotes a name itself where that has to be.
  return [...stdout.matchAll(/^alternate: (.*)$/gm)].map(([, name = '']) =>
    name.startsWith('"') ? (JSON.parse(name) as string) : name,
  );
}

test.each([
  ['names, a comment, empty lines', '../../a\n# ../../ü\n\n../../b\n'],
  ['no end of line', '../../a'],
  ['an absolute name', 'ABS/a\n'],
  ['an end of line of Windows', '../../a\r\n../../b'],
  ['a name in quotes', '"../../odd\\"name"\n'],
  ['octal escapes', '"../../\\303\\274"\n"../../tab\\t"\n'],
  ['bytes beside escapes', '"../../ü"\n'],
  ['a name over two lines', '"../../two\nlines"\n../../a\n'],
  ['something after a closing quote', '"../../a"x../../b\n'],
  ['names one after the other', '"../../a" "../../b" "../../ü"'],
  ['a quote that is not closed', '"../../a\n../../b\n'],
  ['an escape that is none', '"../../a\\q"\n../../b'],
  ['a quote in the middle', '../../odd"name\n'],
  ['what follows a zero byte', '../../a\n\0\n../../b\n'],
  ['a zero byte in a name', '../../a\0b\n'],
])('what Git takes from the file is found: %s', (_name, text) => {
  const written = text.replace('ABS', folder);
  const found = parseAlternates(Buffer.from(written)).map((name) => resolve(folder, '.git/objects', name.toString()));
  const taken = readByGit(written);
  expect(taken.length).toBeGreaterThan(0);
  // Of those that are not there Git takes none.
  expect(
    found.filter((path) =>
      ['a', 'b', 'odd"name', 'two\nlines', 'ü', 'tab\t'].some((name) => path === join(folder, name)),
    ),
  ).toEqual(taken);
});
