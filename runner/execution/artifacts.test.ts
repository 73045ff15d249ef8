import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Attempts } from '../testing/attempts.ts';
import { temporaryFolder } from '../testing/programs.ts';
import { makeRepository, type TestRepository } from '../testing/repositories.ts';
import { collectArtifacts } from './artifacts.ts';

let folder: string;
let repository: TestRepository;
let attempts: Attempts;

beforeEach(() => {
  folder = realpathSync(temporaryFolder());
  repository = makeRepository(join(folder, 'repo'), { 'README.md': '# Test\n', '.gitignore': 'out/\n' });
  attempts = new Attempts({ folder });
});
// Not every folder of these tests has a path that Node can name.
afterEach(() => execFileSync('/bin/rm', ['-rf', '--', folder]));

const DEEP = `python3 -c 'import os\nfor i in range(25):\n n=str(i).zfill(200); os.mkdir(n); os.chdir(n)'`;
const LISTEN = `python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("out/s")'`;

test.each([
  [
    'a folder that is too deep',
    `cd out && ${DEEP}`,
    /^Artifacts: the folder out\/0.*….* can not be searched \(name too long\)$/,
  ],
  [
    'a link to a socket',
    `${LISTEN} && ln -s s out/link.txt`,
    'The artifact out/link.txt is left: it is not an ordinary file',
  ],
  [
    'a link to a pipe',
    'mkfifo out/pipe && ln -s pipe out/link.txt',
    'The artifact out/link.txt is left: it is not an ordinary file',
  ],
  [
    'a link to a folder',
    'mkdir out/d && ln -s d out/link.txt',
    'The artifact out/link.txt is left: it is not an ordinary file',
  ],
  [
    'a link to itself',
    'ln -s link.txt out/link.txt',
    'The artifact out/link.txt is left: too many symbolic links encountered',
  ],
])('%s is a note, and costs neither the changes nor the other artifacts', async (_name, script, note) => {
  const run = await attempts.run(
    { repoRoot: repository.root, artifactGlobs: ['out/**'] },
    `echo 1 > one; mkdir out; echo a > out/a.txt; echo z > out/z.txt; ${script}`,
  );
  expect([run.outcome.reason, run.git?.filesChanged]).toEqual(['ok', 1]);
  expect(run.artifacts.map(({ name }) => name)).toEqual(['changes.diff', 'out/a.txt', 'out/z.txt']);
  expect(notesOf(run.runFolder.path)).toContainEqual(typeof note === 'string' ? note : expect.stringMatching(note));
});

test('names that are no UTF-8 are looked into and copied', async () => {
  const script = `mkdir -p "$(printf 'out/d\\377')"; echo in > "$(printf 'out/d\\377/a.txt')"; echo latin > "$(printf 'out/caf\\351.txt')"; ln -s "$(printf 'caf\\351.txt')" out/link.txt; echo 1 > one`;
  const { artifacts, git } = await attempts.run({ repoRoot: repository.root, artifactGlobs: ['out/**/*.txt'] }, script);
  expect(git?.filesChanged).toBe(1);
  const read = artifacts.slice(1).map(({ name, file }) => [name, readFileSync(file, 'utf8')]);
  expect(read).toEqual([
    ['out/caf\\xe9.txt', 'latin\n'],
    ['out/link.txt', 'latin\n'],
    ['out/d\\xff/a.txt', 'in\n'],
  ]);
});

test('artifacts for which there is no room cost neither the changes nor the run', async () => {
  const blocked = (cwd: string): void => {
    writeFileSync(join(cwd, 'one'), '1\n');
    writeFileSync(join(cwd, 'a.txt'), 'a\n');
    for (const run of execFileSync('ls', [join(attempts.runnerFolder, 'runs')], { encoding: 'utf8' })
      .split('\n')
      .filter(Boolean))
      writeFileSync(join(attempts.runnerFolder, 'runs', run, 'artifacts'), '');
  };
  const { outcome, git, artifacts, runFolder } = await attempts.run(
    { repoRoot: repository.root, artifactGlobs: ['*.txt'] },
    blocked,
  );
  expect([outcome.reason, git?.filesChanged, artifacts.map(({ name }) => name)]).toEqual(['ok', 2, ['changes.diff']]);
  expect(notesOf(runFolder.path)).toContainEqual(expect.stringContaining('The artifact a.txt is left'));
});

describe('what somebody who is not root may not read', () => {
  test.each([
    [
      'a folder',
      (path: string) => mkdirSync(path, { mode: 0o000 }),
      'Artifacts: the folder closed.txt can not be searched (permission denied)',
    ],
    [
      'a file',
      (path: string) => writeFileSync(path, 'x', { mode: 0o000 }),
      'The artifact closed.txt is left: permission denied',
    ],
  ])('%s is a note', (_name, close, note) => {
    const from = join(folder, 'from');
    mkdirSync(from);
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, 'into'));
    for (const name of ['a.txt', 'z.txt']) writeFileSync(join(from, name), name);
    close(join(from, 'closed.txt'));
    const isRoot = process.getuid?.() === 0;
    if (isRoot) {
      for (const path of [from, join(folder, 'into')]) execFileSync('chown', ['-R', '65534', path]);
      process.seteuid?.(65534);
    }
    try {
      const { artifacts, notes } = collectArtifacts({
        from,
        globs: ['**'],
        deniedGlobs: [],
        maxBytes: 1_000,
        into: join(folder, 'into'),
      });
      expect([artifacts.map(({ name }) => name), notes]).toEqual([['a.txt', 'z.txt'], [note]]);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });
});

function notesOf(runFolder: string): string[] {
  return readFileSync(join(runFolder, 'marks.spool'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => (JSON.parse(line) as { text: string | null }).text ?? []);
}
