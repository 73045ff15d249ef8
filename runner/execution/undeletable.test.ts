import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Attempts, type Attempt } from '../testing/attempts.ts';
import { temporaryFolder } from '../testing/programs.ts';
import { makeRepository, type TestRepository } from '../testing/repositories.ts';
import { readFolderRecord } from './workspace-record.ts';

let folder: string;
let repository: TestRepository;
let attempts: Attempts;
let release: (() => void)[];

beforeEach(() => {
  folder = realpathSync(temporaryFolder());
  repository = makeRepository(join(folder, 'repo'), { 'README.md': '# Test\n', '.gitignore': 'cache/\n' });
  attempts = new Attempts({ folder, policy: { allowOtherOwners: true } });
  release = [];
});
afterEach(() => {
  for (const each of release.reverse()) each();
  rmSync(folder, { recursive: true, force: true });
});

const next = ({ spec }: Attempt, agent: Parameters<Attempts['run']>[1]): Promise<Attempt> =>
  attempts.run(
    {
      repoRoot: repository.root,
      taskId: spec.taskId,
      attempt: 2,
      branch: `${spec.branch}-2`,
      startFromBranch: spec.branch,
    },
    agent,
  );
/** What happens to a folder between two attempts: nobody can undo it but root. */
function protect(path: string, how: 'i' | 'a' = 'i', which: string[] = ['-prune']): void {
  execFileSync('find', [path, ...which, '-exec', 'chattr', `+${how}`, '{}', '+']);
  // It may have been put aside by then.
  release.push(() =>
    execFileSync('find', [join(attempts.runnerFolder, 'work'), '-exec', 'chattr', '-f', `-${how}`, '{}', '+']),
  );
}
function mount(path: string): void {
  mkdirSync(path, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', 'none', path]);
  unmountLater();
}
function mountOn(file: string): void {
  const other = join(folder, 'mounted');
  writeFileSync(other, 'other\n');
  execFileSync('mount', ['--bind', other, file]);
  unmountLater();
}
function unmountLater(): void {
  release.push(() =>
    execFileSync('sh', ['-c', `umount "$(awk '{print $2}' /proc/self/mounts | grep '^${folder}/' | tail -n 1)"`]),
  );
}

test.each([
  [
    'a file that was not in the branch',
    (path: string) => {
      writeFileSync(join(path, 'stuck'), 'x');
      protect(join(path, 'stuck'));
    },
  ],
  [
    'a file whose name is no UTF-8',
    (path: string) => {
      execFileSync('sh', ['-c', 'touch "$(printf "stuck-\\377")"'], { cwd: path });
      protect(path, 'i', ['-name', 'stuck-*']);
    },
  ],
  [
    'a file of the branch that is another one now',
    (path: string) => {
      writeFileSync(join(path, 'README.md'), 'other\n');
      protect(join(path, 'README.md'));
    },
  ],
  [
    'a file of the branch that can only be added to',
    (path: string) => {
      writeFileSync(join(path, 'README.md'), 'other\n');
      protect(join(path, 'README.md'), 'a');
    },
  ],
  ['a file of the branch that something is mounted on', (path: string) => mountOn(join(path, 'README.md'))],
  [
    'a folder with a stuck file, in the place of a file of the branch,',
    (path: string) => {
      rmSync(join(path, 'one'));
      mkdirSync(join(path, 'one', 'in'), { recursive: true });
      writeFileSync(join(path, 'one', 'in', 'x'), 'x');
      protect(join(path, 'one', 'in', 'x'));
    },
  ],
  [
    'a folder',
    (path: string) => {
      mkdirSync(join(path, 'stuck'));
      writeFileSync(join(path, 'stuck', 'x'), 'x');
      protect(join(path, 'stuck'));
    },
  ],
  ['a file of its repository', (path: string) => protect(join(path, '.git', 'config'))],
  ['its repository', (path: string) => protect(join(path, '.git'))],
  ['a disk that is mounted in it', (path: string) => mount(join(path, 'disk'))],
])('%s that can not be removed: the next attempt gets a fresh folder in its place', async (_name, spoil) => {
  const first = await attempts.run({ repoRoot: repository.root }, 'mkdir cache && echo 1 > cache/x && echo 1 > one');
  spoil(first.workspace.path);
  const second = await next(
    first,
    'test ! -e cache && test -f one && test -z "$(git status --porcelain)" && echo 2 > two',
  );
  expect([second.outcome.reason, second.git?.filesChanged, second.workspace.path, second.workspace.isFresh]).toEqual([
    'ok',
    2,
    first.workspace.path,
    true,
  ]);
  const aside = `${first.workspace.name}-attempt-1`;
  expect(existsSync(join(attempts.runnerFolder, 'work', aside, 'cache', 'x'))).toBe(true);
  expect(readFolderRecord(attempts.runnerFolder, aside)).toMatchObject({
    state: 'kept',
    keptWhy: expect.stringMatching(/^It holds what can not be changed or removed: .+/) as string,
  });
  expect(second.notes[0]).toContain(aside);
  const third = await attempts.run(
    { repoRoot: repository.root, taskId: first.spec.taskId, attempt: 3, branch: `${first.spec.branch}-3` },
    'true',
  );
  expect(third.workspace).toMatchObject({ path: first.workspace.path, isFresh: false });
});

test.each([
  ['that is immutable', protect],
  [
    'that is a disk of its own',
    (path: string) => {
      mount(path);
      mount(join(path, 'disk'));
    },
  ],
])(
  'a folder %s can not be put aside either: the attempt fails with the reason, and later ones as well until somebody helps',
  async (_name, spoil) => {
    const first = await attempts.run({ repoRoot: repository.root }, 'echo 1 > one');
    writeFileSync(join(first.workspace.path, 'stuck'), 'x');
    spoil(first.workspace.path);
    const before = readdirSync(join(attempts.runnerFolder, 'ledger'));
    const message = expect.stringMatching(
      new RegExp(`folder ${first.workspace.path} .* can not be put aside`),
    ) as string;
    for (const _attempt of [2, 3])
      await expect(next(first, 'true')).rejects.toMatchObject({ reason: 'worktree_failed', message });
    expect(readdirSync(join(attempts.runnerFolder, 'ledger'))).toEqual(before);
    for (const each of release.splice(0).reverse()) each();
    expect((await next(first, 'echo 2 > two')).outcome.reason).toBe('ok');
  },
);

test('a folder that is put aside does not take the name of an older one', async () => {
  const first = await attempts.run({ repoRoot: repository.root }, 'echo 1 > one');
  for (const room of ['work', 'ledger'])
    mkdirSync(join(attempts.runnerFolder, room, `${first.workspace.name}-attempt-1`, 'old'), { recursive: true });
  writeFileSync(join(first.workspace.path, 'stuck'), 'x');
  protect(join(first.workspace.path, 'stuck'));
  await next(first, 'echo 2 > two');
  expect(existsSync(join(attempts.runnerFolder, 'work', `${first.workspace.name}-attempt-1-2`, 'stuck'))).toBe(true);
  expect(readdirSync(join(attempts.runnerFolder, 'work', `${first.workspace.name}-attempt-1`))).toEqual(['old']);
});

test('a record that is not readable keeps no later attempt from a folder', async () => {
  const first = await attempts.run({ repoRoot: repository.root }, 'echo 1 > one');
  writeFileSync(join(attempts.runnerFolder, 'ledger', first.workspace.name, 'folder.json'), '{"version":1,');
  const second = await next(first, 'echo 2 > two');
  expect(second.outcome.reason).toBe('ok');
  expect(second.workspace.path).not.toBe(first.workspace.path);
});

test.skipIf(process.getuid?.() !== 0)(
  'what root has left in the folder of a runner that is not root is put aside',
  async () => {
    execFileSync('chown', ['-R', '65534', folder]);
    process.seteuid?.(65534);
    try {
      const first = await attempts.run({ repoRoot: repository.root }, (cwd) => {
        process.seteuid?.(0);
        mkdirSync(join(cwd, 'of-root'));
        writeFileSync(join(cwd, 'of-root', 'x'), 'x');
        process.seteuid?.(65534);
      });
      expect(first.outcome.reason).toBe('ok');
      const second = await attempts.run({ repoRoot: repository.root, taskId: first.spec.taskId, attempt: 2 }, (cwd) =>
        writeFileSync(join(cwd, 'two'), '2\n'),
      );
      expect([second.git?.filesChanged, existsSync(join(second.workspace.path, 'of-root'))]).toEqual([1, false]);
      expect(existsSync(join(attempts.runnerFolder, 'work', `${first.workspace.name}-attempt-1`, 'of-root', 'x'))).toBe(
        true,
      );
    } finally {
      process.seteuid?.(0);
    }
  },
);

describe('trouble that is not in the folder: the attempt fails, and the next one has the folder as it was', () => {
  const install = 'mkdir cache && echo 1 > cache/x && echo 1 > one';
  /** A filter of the user's own, as Git LFS is one, that fails as long as `down` is there. */
  function useFilter(): () => void {
    const home = join(folder, 'home');
    mkdirSync(home);
    writeFileSync(
      join(home, '.gitconfig'),
      `[filter "big"]\n\tclean = cat\n\tsmudge = "if test -e ${home}/down; then echo \\"error: unable to create file two.big: Permission denied (publickey)\\" >&2; exit 1; fi; cat"\n\trequired = true\n`,
    );
    attempts = new Attempts({ folder, home, policy: { filters: ['big'] } });
    repository.commit({ '.gitattributes': '*.big filter=big\n', 'one.big': '1\n', 'two.big': '2\n' });
    return () => {
      writeFileSync(join(home, 'down'), '');
      repository.commit({ 'README.md': '# Newer\n', 'one.big': '11\n', 'two.big': '22\n' });
      release.push(() => rmSync(join(home, 'down')));
    };
  }
  async function expectKept(first: Attempt, reason: object): Promise<void> {
    const base = { repoRoot: repository.root, taskId: first.spec.taskId };
    for (const attempt of [2, 3])
      await expect(attempts.run({ ...base, attempt }, 'true')).rejects.toMatchObject(reason);
    expect(readdirSync(join(attempts.runnerFolder, 'work'))).toEqual([first.workspace.name]);
    for (const each of release.splice(0).reverse()) each();
    const later = await attempts.run({ ...base, attempt: 4 }, 'test -f cache/x && echo 2 > two');
    expect([later.outcome.reason, later.workspace.path, later.workspace.isFresh]).toEqual([
      'ok',
      first.workspace.path,
      false,
    ]);
  }

  test.each([
    ['alone', install],
    [
      'while something stuck lies where Git has nothing to do',
      `${install} && echo x > cache/stuck && chattr +i cache/stuck`,
    ],
  ])('a filter that is refused at its server, %s', async (_name, script) => {
    const breakFilter = useFilter();
    const first = await attempts.run({ repoRoot: repository.root }, script);
    release.push(() =>
      execFileSync('find', [join(attempts.runnerFolder, 'work'), '-exec', 'chattr', '-f', '-i', '{}', '+']),
    );
    breakFilter();
    await expectKept(first, { reason: 'worktree_failed', message: expect.stringContaining('filter') as string });
  });

  test('a filter that is refused, and a link to somewhere that is stuck, where Git has to make a folder', async () => {
    const breakFilter = useFilter();
    const outside = join(folder, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'x.big'), 'mine\n');
    const first = await attempts.run({ repoRoot: repository.root }, install);
    symlinkSync(outside, join(first.workspace.path, 'linked'));
    execFileSync('chattr', ['+i', outside]);
    release.push(() => execFileSync('chattr', ['-i', outside]));
    repository.commit({ 'linked/x.big': 'ours\n' });
    breakFilter();
    await expectKept(first, { reason: 'worktree_failed', message: expect.stringContaining('filter') as string });
    expect(readFileSync(join(outside, 'x.big'), 'utf8')).toBe('mine\n');
  });

  test.each(['refs/overmind', 'refs/overmind/base'])("the repository's %s can not be written", async (refs) => {
    const first = await attempts.run({ repoRoot: repository.root }, install);
    const path = join(repository.root, '.git', refs);
    repository.git('pack-refs', '--all', '--prune');
    mkdirSync(path, { recursive: true });
    repository.commit({ 'README.md': '# Newer\n' });
    execFileSync('chattr', ['+i', path]);
    release.push(() => execFileSync('chattr', ['-i', path]));
    await expectKept(first, { reason: 'worktree_failed' });
  });

  test.skipIf(process.getuid?.() !== 0).each(['info/exclude', 'info/attributes'])(
    "the repository's %s can not be read",
    async (name) => {
      const path = join(repository.root, '.git', name);
      mkdirSync(join(path, '..'), { recursive: true });
      writeFileSync(path, '');
      execFileSync('chown', ['-R', '65534', folder]);
      process.seteuid?.(65534);
      try {
        const first = await attempts.run({ repoRoot: repository.root }, (cwd) => {
          mkdirSync(join(cwd, 'cache'));
          writeFileSync(join(cwd, 'cache', 'x'), '1');
        });
        chmodSync(path, 0);
        release.push(() => chmodSync(path, 0o644));
        const {
          spec: { taskId },
          workspace,
        } = first;
        await expect(attempts.run({ repoRoot: repository.root, taskId, attempt: 2 }, () => undefined)).rejects.toThrow(
          path,
        );
        for (const each of release.splice(0)) each();
        const later = await attempts.run({ repoRoot: repository.root, taskId, attempt: 3 }, () => undefined);
        expect([later.workspace.path, later.workspace.isFresh, existsSync(join(workspace.path, 'cache', 'x'))]).toEqual(
          [workspace.path, false, true],
        );
      } finally {
        process.seteuid?.(0);
      }
    },
  );
});
