import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
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

const inRepository = (script: string): string =>
  execFileSync('sh', ['-ec', script], { cwd: repository.root, encoding: 'utf8' });

test('a copy keeps links within the repository, and says what it leaves out', async () => {
  repository.commit({ '.gitignore': 'node_modules/\n', 'packages/p/index.js': 'p\n' });
  inRepository(
    'mkdir -p node_modules/d; ln -s ../packages/p node_modules/p; ln -s /etc node_modules/etc; mkfifo node_modules/fifo; echo s > node_modules/d/.env; echo 1 > node_modules/a',
  );
  const { workspace, notes } = await attempts.run(
    { repoRoot: repository.root, carry: [{ glob: 'node_modules', how: 'copy' }] },
    'cat node_modules/p/index.js node_modules/a',
  );
  const copied = (name: string): string => join(workspace.path, 'node_modules', name);
  expect(readlinkSync(copied('p'))).toBe('../packages/p');
  expect(['etc', 'fifo', 'd/.env'].filter((name) => existsSync(copied(name)))).toEqual([]);
  const left = notes.find((note) => note.startsWith('Left out of the copy of node_modules')) ?? '';
  for (const part of [
    'node_modules/etc (a link that leads out of the repository)',
    'node_modules/fifo (a pipe',
    'node_modules/d/.env (on the deny list)',
  ])
    expect(left).toContain(part);
});

test('a file of the base in the way costs no run', async () => {
  repository.commit({ '.gitignore': 'a/b/\n', a: 'file\n' });
  inRepository('rm a; mkdir -p a/b; echo 1 > a/b/c');
  const { outcome, notes } = await attempts.run(
    { repoRoot: repository.root, carry: [{ glob: 'a/b', how: 'copy' }] },
    'echo 1 > one',
  );
  expect(outcome.reason).toBe('ok');
  expect(notes).toContain("a/b is not copied into the task's folder: a file is in its place");
});

test.each([
  ['out of the folder', 'ln -s "$OUTSIDE" deps', 'deps'],
  ['to a folder in it', 'mkdir -p other && ln -s other deps', 'deps'],
  ['nowhere', 'ln -s nowhere deps', 'deps'],
  ['out of the folder, further down', 'mkdir deps && ln -s "$OUTSIDE" deps/a', 'deps/a'],
])('nothing is made through a link that an earlier attempt has left: one that leads %s', async (_name, leave, link) => {
  repository.commit({ '.gitignore': 'deps\nother\n' });
  inRepository('mkdir -p deps/a/b; echo 1 > deps/a/b/c; echo 2 > deps/d');
  const outside = join(folder, 'outside');
  mkdirSync(outside);
  const first = await attempts.run({ repoRoot: repository.root }, `OUTSIDE=${outside}; ${leave}`);
  const again = { repoRoot: repository.root, taskId: first.spec.taskId, attempt: 2, branch: `${first.spec.branch}-2` };
  const { workspace, notes, outcome } = await attempts.run(
    { ...again, carry: [{ glob: 'deps/a/b/c', how: 'copy' }] },
    'echo 1 > one',
  );
  expect(outcome.reason).toBe('ok');
  expect(notes).toContain(
    `deps/a/b/c is not copied into the task's folder: ${link} is a link in the task's folder, and nothing is put through one`,
  );
  expect(readdirSync(outside)).toEqual([]);
  expect(['other/a', 'nowhere'].filter((path) => existsSync(join(workspace.path, path)))).toEqual([]);
});

test('nothing is made through a link of the base', async () => {
  const outside = join(folder, 'outside');
  mkdirSync(outside);
  inRepository(`ln -s ${outside} deps; git add deps`);
  repository.commit({ '.gitignore': 'deps/a/\n' });
  inRepository('rm deps; mkdir -p deps/a/b; echo 1 > deps/a/b/c');
  const { notes, outcome } = await attempts.run(
    {
      repoRoot: repository.root,
      carry: [
        { glob: 'deps/a', how: 'link' },
        { glob: 'deps/a/b/c', how: 'copy' },
      ],
    },
    'echo 1 > one',
  );
  expect(outcome.reason).toBe('ok');
  expect(notes.filter((note) => note.includes(": deps is a link in the task's folder"))).toHaveLength(2);
  expect(readdirSync(outside)).toEqual([]);
});

test('a rule that climbs out of the folder makes nothing there', async () => {
  repository.commit({ '.gitignore': 'deps\n' });
  inRepository('mkdir deps own; echo 1 > own/file');
  const { workspace, notes } = await attempts.run(
    { repoRoot: repository.root, carry: [{ glob: 'deps/../../repo/own/file', how: 'copy' }] },
    'echo 1 > one',
  );
  expect(readdirSync(dirname(workspace.path))).toEqual([basename(workspace.path)]);
  expect(notes.join('\n')).toContain('its place leads out of the folder');
});

test("what was carried is never the agent's work, unless it adds it with force", async () => {
  repository.commit({ '.gitignore': 'own [1]!/\nb/\n' });
  inRepository('mkdir "own 1!" b "own [1]!" || true; echo 1 > "own 1!/a"; echo 1 > b/x; echo 1 > b/y');
  const { git, spec } = await attempts.run(
    {
      repoRoot: repository.root,
      carry: [
        { glob: 'own*', how: 'copy' },
        { glob: 'b', how: 'copy' },
      ],
    },
    'rm .gitignore; git add -f b/x',
  );
  expect(git?.filesChanged).toBe(2);
  expect(repository.git('diff', '--name-status', 'main', spec.branch).split('\n').sort()).toEqual([
    'A\tb/x',
    'D\t.gitignore',
  ]);
});

const MANY = 10_000;
/** Half of what they take at once, and three times what the longest turn of anything else takes. */
const MAX_TURN_MS = 70;
/** A folder as installed packages are, too large to be copied in a moment. */
const installMany = (): void =>
  void inRepository(
    `for d in $(seq ${MANY / 100}); do mkdir -p node_modules/$d; (cd node_modules/$d; seq 100 | xargs touch); done`,
  );
/** How long this thread has worked: on a busy machine it waits as well, which says nothing of it. */
const workedMs = (): number => Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6;

/** @returns how much was worked in one turn of the event loop, at the most, and how often it turned */
async function longestTurn(work: () => Promise<unknown>): Promise<{ ms: number; turns: number }> {
  const longest = { ms: 0, turns: 0 };
  let lastMs = workedMs();
  let isOver = false;
  const turn = (): void => {
    const nowMs = workedMs();
    longest.ms = Math.max(longest.ms, nowMs - lastMs);
    longest.turns += 1;
    lastMs = nowMs;
    if (!isOver) setImmediate(turn);
  };
  turn();
  await work();
  isOver = true;
  turn();
  return longest;
}

test('while many files are copied, everything else goes on', { timeout: 60_000 }, async () => {
  repository.commit({ '.gitignore': 'node_modules/\n' });
  installMany();
  let copied: string[] = [];
  const part = { repoRoot: repository.root, carry: [{ glob: 'node_modules', how: 'copy' as const }] };
  const { ms, turns } = await longestTurn(() =>
    attempts.run(part, (cwd) => (copied = readdirSync(join(cwd, 'node_modules')))),
  );
  expect(ms).toBeLessThan(MAX_TURN_MS);
  expect(turns).toBeGreaterThan(MANY / 100);
  expect(copied).toHaveLength(MANY / 100);
});

test(
  'while many files are removed that an earlier attempt has left, everything else goes on',
  { timeout: 60_000 },
  async () => {
    const { spec, workspace } = await attempts.run({ repoRoot: repository.root }, () => undefined);
    installMany();
    inRepository(`mv node_modules ${workspace.path}/strangers`);
    const next = { repoRoot: repository.root, taskId: spec.taskId, attempt: 2, branch: `${spec.branch}-2` };
    const { ms } = await longestTurn(() => attempts.run(next, () => undefined));
    expect(ms).toBeLessThan(MAX_TURN_MS);
    expect(existsSync(join(workspace.path, 'strangers'))).toBe(false);
  },
);

test('a copy that nobody waits for any more stops, and leaves nothing', { timeout: 60_000 }, async () => {
  repository.commit({ '.gitignore': 'node_modules/\nother/\n' });
  installMany();
  inRepository('mkdir other; echo 1 > other/a');
  const over = new AbortController();
  const carry = [
    { glob: 'node_modules', how: 'copy' as const },
    { glob: 'other', how: 'copy' as const },
  ];
  let isOver = false;
  // At every turn, which each handful of files takes: nothing can be copied whole without being seen half copied.
  const look = (): void => {
    const work = join(attempts.runnerFolder, 'work');
    const [name = ''] = existsSync(work) ? readdirSync(work) : [];
    if (existsSync(join(work, name, 'node_modules', '2'))) over.abort();
    else if (!isOver) setImmediate(look);
  };
  look();
  const { workspace } = await attempts.run({ repoRoot: repository.root, carry }, 'true', over.signal);
  isOver = true;
  expect(over.signal.aborted).toBe(true);
  expect(['node_modules', 'other'].filter((name) => existsSync(join(workspace.path, name)))).toEqual([]);
  expect(workspace.carried).toEqual([]);
});

test('what a runner that was killed has half copied is not taken for the whole', async () => {
  repository.commit({ '.gitignore': 'deps/\n' });
  inRepository('mkdir -p deps/a; echo 1 > deps/a/b; echo 2 > deps/c');
  const first = await attempts.run({ repoRoot: repository.root }, 'mkdir -p deps/a; chmod 555 deps');
  writeFileSync(join(first.workspace.recordFolder, 'copying.json'), '{"path":"deps"}');
  const again = { repoRoot: repository.root, taskId: first.spec.taskId, attempt: 2, branch: `${first.spec.branch}-2` };
  await attempts.run({ ...again, carry: [{ glob: 'deps', how: 'copy' }] }, 'cat deps/a/b deps/c');
  expect(existsSync(join(first.workspace.recordFolder, 'copying.json'))).toBe(false);
  // And what is there whole stays as the agent has left it.
  await attempts.run(
    { ...again, attempt: 3, branch: `${first.spec.branch}-3`, carry: [{ glob: 'deps', how: 'copy' }] },
    'cat deps/c',
  );
});

test('a copy has the modes of what it is a copy of, also of folders that nothing can be put into', async () => {
  repository.commit({ '.gitignore': 'deps/\n' });
  inRepository(
    'mkdir -p deps/a; echo 1 > deps/a/run; chmod 755 deps/a/run; echo 2 > deps/read; chmod 440 deps/read; chmod 555 deps/a; chmod 750 deps',
  );
  const { workspace } = await attempts.run(
    { repoRoot: repository.root, carry: [{ glob: 'deps', how: 'copy' }] },
    'true',
  );
  const modes = ['', 'a', 'a/run', 'read'].map((path) =>
    (statSync(join(workspace.path, 'deps', path)).mode & 0o777).toString(8),
  );
  inRepository('chmod -R u+w deps');
  execFileSync('chmod', ['-R', 'u+w', workspace.path]);
  expect(modes).toEqual(['750', '555', '755', '440']);
});
