import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LandingScene } from '../testing/landings.ts';
import { temporaryFolder } from '../testing/programs.ts';
import { snapshot } from '../testing/snapshot.ts';
import { Git } from './git.ts';

let folder: string;
let scene: LandingScene;
const at = (path: string): string => join(scene.repository.root, path);
const failureOf = (landing: Promise<unknown>): Promise<unknown> =>
  landing.then(
    () => null,
    (error: unknown) => error,
  );
beforeEach(() => {
  folder = realpathSync(temporaryFolder());
  scene = new LandingScene(folder, {
    '.gitignore': '*.local\nlocal.json\nbuild/\ncache\n',
    'dir/one.txt': '1\n',
    file: 'f\n',
  });
});
afterEach(() => rmSync(folder, { recursive: true }));

function forced(path: string): void {
  scene.repository.write({ [path]: 'theirs' });
  scene.repository.git('add', '--force', path);
}
function dirBecomesFile(): void {
  scene.repository.git('rm', '--quiet', '-r', 'dir');
  scene.repository.write({ dir: 'now a file' });
}

/** What the branch brings, what the user has there, and what the refusal names. */
const obstacles: Record<string, { change: () => void; mine: Record<string, string>; named: string }> = {
  'an ignored file that the branch adds all the same': {
    change: () => forced('local.json'),
    mine: { 'local.json': 'mine' },
    named: 'local.json',
  },
  'an ignored file that the branch no longer ignores': {
    change: () => scene.repository.write({ '.gitignore': '', 'local.json': 'theirs' }),
    mine: { 'local.json': 'mine' },
    named: 'local.json',
  },
  'an untracked file': {
    change: () => scene.repository.write({ 'new.txt': 'theirs' }),
    mine: { 'new.txt': 'mine' },
    named: 'new.txt',
  },
  'an empty untracked file': {
    change: () => scene.repository.write({ 'new.txt': 'theirs' }),
    mine: { 'new.txt': '' },
    named: 'new.txt',
  },
  'an ignored file where a folder must be': {
    change: () => forced('cache/index.txt'),
    mine: { cache: 'mine' },
    named: 'cache',
  },
  'an ignored folder where a file must be': {
    change: () => forced('build'),
    mine: { 'build/out.bin': 'mine' },
    named: 'build/out.bin',
  },
  'an ignored file in a folder that becomes a file': {
    change: () => dirBecomesFile(),
    mine: { 'dir/my.local': 'mine' },
    named: 'dir/my.local',
  },
  'a link in the way of a folder': {
    change: () => scene.repository.write({ 'linked/a.txt': 'theirs' }),
    mine: {},
    named: 'linked',
  },
};

test.each(Object.keys(obstacles))('%s is never overwritten: the landing names it', async (name) => {
  const { change, mine, named } = obstacles[name] ?? { change: () => undefined, mine: {}, named: '' };
  scene.review(change);
  scene.repository.write(mine);
  if (named === 'linked') symlinkSync(folder, at('linked'));
  const refused = await scene.refused();
  expect(refused).toMatchObject({ reason: 'repo_dirty', paths: [named] });
  expect(refused.message).toContain(`${named}. Move them away`);
  rmSync(at(named), { recursive: true });
  await scene.land();
  expect(scene.isMerged).toBe(true);
});

test('a name that differs in case only is the same file where the file system says so', async () => {
  scene.review({ 'Docs/Notes.md': 'theirs' });
  scene.repository.git('config', 'core.ignoreCase', 'true');
  scene.repository.write({ 'Docs/notes.md': 'mine' });
  expect((await scene.refused()).paths).toEqual(['Docs/notes.md']);
  scene.repository.git('config', 'core.ignoreCase', 'false');
  await scene.land();
  expect(readFileSync(at('Docs/notes.md'), 'utf8')).toBe('mine');
});

test('what the branch removes makes room: a file for a folder, a folder for a file', async () => {
  scene.review(() => {
    dirBecomesFile();
    scene.repository.git('rm', '--quiet', 'file');
    scene.repository.write({ 'file/inside.txt': 'x\n' });
  });
  await scene.land();
  expect(readFileSync(at('dir'), 'utf8')).toBe('now a file');
  expect(readFileSync(at('file/inside.txt'), 'utf8')).toBe('x\n');
  expect(scene.repository.git('status', '--porcelain')).toBe('');
});

test('ignored and untracked files elsewhere stay as they are, also in a folder that loses its last file', async () => {
  scene.review(() => void scene.repository.git('rm', '--quiet', '-r', 'dir'));
  scene.repository.write({ 'dir/my.local': 'mine', 'build/x': 'mine', 'untracked.txt': 'mine' });
  await scene.land();
  expect(['dir/my.local', 'build/x', 'untracked.txt'].map((path) => readFileSync(at(path), 'utf8'))).toEqual([
    'mine',
    'mine',
    'mine',
  ]);
  expect(existsSync(at('dir/one.txt'))).toBe(false);
});

test('names of any bytes arrive, and are told so that a terminal can show them', async () => {
  const odd = Buffer.concat([Buffer.from(`${scene.repository.root}/caf`), Buffer.from([0xe9]), Buffer.from('.txt')]);
  const wild = 'tab\there\nand \u202etxt.exe';
  scene.review(() => {
    writeFileSync(odd, 'latin\n');
    scene.repository.write({ [wild]: 'wild\n' });
  });
  writeFileSync(odd, 'mine');
  writeFileSync(at(wild), 'mine');
  expect((await scene.refused()).paths).toEqual(['caf\\xe9.txt', 'tab\\u{9}here\\u{a}and \\u{202e}txt.exe']);
  rmSync(odd);
  rmSync(at(wild));
  await scene.land();
  expect(readFileSync(odd, 'utf8')).toBe('latin\n');
});

describe('a change that comes after everything was looked at', () => {
  test('an untracked file in the way: the branch is taken back, and the file is whole', async () => {
    scene.review({ 'new.txt': 'theirs' });
    const before = scene.repository.git('rev-parse', 'main');
    const failed = await failureOf(
      scene.land({ onStep: (step) => void (step === 'committed' && writeFileSync(at('new.txt'), '')) }),
    );
    expect(failed).toMatchObject({ reason: 'repo_dirty', paths: ['new.txt'] });
    expect(scene.repository.git('rev-parse', 'main')).toBe(before);
    expect(readFileSync(at('new.txt'), 'utf8')).toBe('');
    expect(scene.repository.git('status', '--porcelain')).toBe('?? new.txt');
  });

  test('an edit of a file that the merge changes: the same', async () => {
    scene.review({ file: 'theirs\n' });
    const failed = await failureOf(
      scene.land({ onStep: (step) => void (step === 'committed' && writeFileSync(at('file'), 'mine\n')) }),
    );
    expect(failed).toMatchObject({ reason: 'repo_dirty', paths: ['file'] });
    expect(scene.isMerged).toBe(false);
    expect(readFileSync(at('file'), 'utf8')).toBe('mine\n');
    expect(scene.repository.git('status', '--porcelain')).toBe('M file');
    expect(existsSync(at('.git/index.lock'))).toBe(false);
  });

  test('something that is staged: it is looked at anew', async () => {
    scene.review({ 'new.txt': 'theirs' });
    let isStaged = false;
    const stage = (): void => {
      if (isStaged) return;
      isStaged = true;
      scene.repository.write({ file: 'staged\n' });
      scene.repository.git('add', 'file');
    };
    expect(await failureOf(scene.land({ onStep: (step) => void (step === 'granted' && stage()) }))).toMatchObject({
      reason: 'repo_dirty',
      paths: ['file'],
    });
    expect(scene.isMerged).toBe(false);
  });

  test('a rebase that is begun: nothing is moved', async () => {
    scene.review({ 'new.txt': 'theirs' });
    const begin = (step: string): void => {
      if (step === 'locked') mkdirSync(at('.git/rebase-merge'), { recursive: true });
    };
    expect(await failureOf(scene.land({ onStep: begin }))).toMatchObject({
      reason: 'repo_dirty',
      message: expect.stringContaining('a rebase') as string,
    });
    expect(scene.isMerged).toBe(false);
  });

  test('a disk that is full half way: the files that were written are brought back, and so is the branch', async () => {
    scene.review(() => {
      scene.repository.git('rm', '--quiet', 'dir/one.txt');
      scene.repository.write({ file: 'theirs\n', 'new/x.txt': 'theirs\n' });
    });
    scene.repository.write({ 'untracked.txt': 'mine' });
    const before = snapshot(scene.repository.root);
    // A Git in front of the real one does a part of the work, and then has no space left.
    const wrapper = join(folder, 'git');
    const part = `cd "${scene.repository.root}" && rm -r dir && printf the > file && mkdir new && printf th > new/x.txt`;
    writeFileSync(
      wrapper,
      `#!/bin/sh\ncase "$*" in *dry-run*) ;; *"read-tree -m -u"*) ${part}; echo "error: unable to write file file: No space left on device" >&2; exit 128;; esac\nexec /usr/bin/git "$@"\n`,
      { mode: 0o755 },
    );
    expect(await failureOf(scene.land({}, new Git(wrapper, '/usr/bin:/bin')))).toMatchObject({
      reason: 'disk_full',
      message: expect.stringContaining('disk that is full') as string,
    });
    expect(scene.isMerged).toBe(false);
    expect(scene.repository.git('status', '--porcelain')).toBe('?? untracked.txt');
    const unlike = (all: Record<string, string>): Record<string, string> =>
      Object.fromEntries(Object.entries(all).filter(([path]) => !/^\.git\/(index|logs\/)/.test(path)));
    expect(unlike(snapshot(scene.repository.root))).toEqual(unlike(before));
  });
});
