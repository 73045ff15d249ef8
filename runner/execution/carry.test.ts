import { execFileSync } from 'node:child_process';
import { existsSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Attempts } from '../testing/attempts.ts';
import { temporaryFolder } from '../testing/programs.ts';
import { makeRepository, type TestRepository } from '../testing/repositories.ts';

let folder: string;
let repository: TestRepository;
let attempts: Attempts;

beforeEach(() => {
  folder = realpathSync(temporaryFolder());
  repository = makeRepository(join(folder, 'repo'));
  attempts = new Attempts({ folder });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const inRepository = (script: string): string => execFileSync('sh', ['-ec', script], { cwd: repository.root, encoding: 'utf8' });

test('a copy keeps links within the repository, and says what it leaves out', async () => {
  repository.commit({ '.gitignore': 'node_modules/\n', 'packages/p/index.js': 'p\n' });
  inRepository('mkdir -p node_modules/d; ln -s ../packages/p node_modules/p; ln -s /etc node_modules/etc; mkfifo node_modules/fifo; echo s > node_modules/d/.env; echo 1 > node_modules/a');
  const { workspace, notes } = await attempts.run({ repoRoot: repository.root, carry: [{ glob: 'node_modules', how: 'copy' }] }, 'cat node_modules/p/index.js node_modules/a');
  const copied = (name: string): string => join(workspace.path, 'node_modules', name);
  expect(readlinkSync(copied('p'))).toBe('../packages/p');
  expect(['etc', 'fifo', 'd/.env'].filter((name) => existsSync(copied(name)))).toEqual([]);
  const left = notes.find((note) => note.startsWith('Left out of the copy of node_modules')) ?? '';
  for (const part of ['node_modules/etc (a link that leads out of the repository)', 'node_modules/fifo (a pipe', 'node_modules/d/.env (on the deny list)']) expect(left).toContain(part);
});

test('a file of the base in the way costs no run', async () => {
  repository.commit({ '.gitignore': 'a/b/\n', 'a': 'file\n' });
  inRepository('rm a; mkdir -p a/b; echo 1 > a/b/c');
  const { outcome, notes } = await attempts.run({ repoRoot: repository.root, carry: [{ glob: 'a/b', how: 'copy' }] }, 'echo 1 > one');
  expect(outcome.reason).toBe('ok');
  expect(notes).toContain('a/b is not copied into the task\'s folder: a file is in its place');
});

test('what was carried is never the agent\'s work, unless it adds it with force', async () => {
  repository.commit({ '.gitignore': 'own [1]!/\nb/\n' });
  inRepository('mkdir "own 1!" b "own [1]!" || true; echo 1 > "own 1!/a"; echo 1 > b/x; echo 1 > b/y');
  const { git, spec } = await attempts.run({ repoRoot: repository.root, carry: [{ glob: 'own*', how: 'copy' }, { glob: 'b', how: 'copy' }] }, 'rm .gitignore; git add -f b/x');
  expect(git?.filesChanged).toBe(2);
  expect(repository.git('diff', '--name-status', 'main', spec.branch).split('\n').sort()).toEqual(['A\tb/x', 'D\t.gitignore']);
});
