import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readPrivately, writePrivately } from './private-file.ts';

/** As whom agents run; any will do. */
const AGENT = 65_534;

let around: string;
let file: string;
let victim: string;
beforeEach(() => {
  around = mkdtempSync(path.join(tmpdir(), 'ovm-private-'));
  mkdirSync(path.join(around, 'runner'));
  file = path.join(around, 'runner', 'policy.json');
  victim = path.join(around, 'victim');
  writeFileSync(victim, "root's own");
});
afterEach(() => rmSync(around, { recursive: true, force: true }));

test.each([
  ['a link', () => symlinkSync(victim, `${file}.new`)],
  ['a second name of a file', () => linkSync(victim, `${file}.new`)],
  ['a pipe', () => spawnSync('mkfifo', [`${file}.new`])],
  ['a folder', () => mkdirSync(`${file}.new`)],
])('nothing is written through %s that stands beside the file', { timeout: 5_000 }, (_name, plant) => {
  plant();
  writePrivately(file, 'policy');
  expect(readFileSync(victim, 'utf8')).toBe("root's own");
  expect(lstatSync(file).isFile()).toBe(true);
  expect([readFileSync(file, 'utf8'), lstatSync(file).mode & 0o777, lstatSync(file).nlink]).toEqual([
    'policy',
    0o600,
    1,
  ]);
  expect(readdirSync(path.dirname(file)).sort()).toEqual(['policy.json', 'policy.json.new']);
});

test.each(['policy.json', 'policy.json.new'])('who holds %s open has no part in what is written then', (name) => {
  const held = openSync(path.join(path.dirname(file), name), 'w+');
  writePrivately(file, 'policy');
  writeSync(held, 'theirs', 0);
  closeSync(held);
  expect(readFileSync(file, 'utf8')).toBe('policy');
});

test('a file that can not be replaced is said, and nothing is left beside it', () => {
  mkdirSync(file);
  expect(() => writePrivately(file, 'policy')).toThrow();
  expect(readdirSync(path.dirname(file))).toEqual(['policy.json']);
});

describe.skipIf(process.getuid?.() !== 0)('root', () => {
  test.each([
    ["another user's file", () => chownSync(file, AGENT, AGENT)],
    ['a link', () => (rmSync(file), symlinkSync(victim, file))],
    ['a second name of a file', () => linkSync(file, path.join(around, 'second'))],
  ])('neither believes nor leaves in place %s, whatever it says', (_name, plant) => {
    writeFileSync(file, 'policy');
    chmodSync(file, 0o600);
    writeFileSync(victim, 'policy');
    plant();
    const { ino } = lstatSync(file);
    expect(readPrivately(file)).toBeNull();
    writePrivately(file, 'policy');
    expect(lstatSync(file)).toMatchObject({ uid: 0, nlink: 1 });
    expect(lstatSync(file).ino).not.toBe(ino);
    expect(readPrivately(file)).toBe('policy');
  });
});
