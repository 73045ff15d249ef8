import { existsSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LandingScene } from '../testing/landings.ts';
import { temporaryFolder } from '../testing/programs.ts';
import { Git } from './git.ts';
import { abandonLanding, lookAtLanding } from './landing-outcome.ts';
import type { LandingStep } from './landing-order.ts';

let folder: string;
let scene: LandingScene;
const goodGit = new Git('/usr/bin/git', '/usr/bin:/bin');
const at = (path: string): string => join(scene.repository.root, path);
const isLocked = (): boolean => existsSync(at('.git/index.lock'));
const status = (): string => scene.repository.git('status', '--porcelain');
/** Shorter than a user's runner has; Git is asked several times in it. */
const answerPatienceMs = 1_000;
const ADVICE = 'run `git reset --hard` there; before that, commit nothing there.';
beforeEach(() => {
  folder = realpathSync(temporaryFolder());
  scene = new LandingScene(folder);
  scene.review({ 'a.txt': 'ONE\n', 'new.txt': 'new\n' });
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A Git that can not be asked for anything that fits. @param pattern of a shell's `case "$*"` */
function brokenGit(pattern: string): Git {
  const file = join(folder, 'git');
  writeFileSync(
    file,
    `#!/bin/sh\ncase "$*" in ${pattern}) echo "fatal: cannot fork" >&2; exit 128;; esac\nexec /usr/bin/git "$@"\n`,
    { mode: 0o755 },
  );
  return new Git(file, '/usr/bin:/bin');
}

/** As a runner that is killed leaves it: with the record, and the lock that it had. */
async function crashAt(step: LandingStep): Promise<void> {
  const lock = at('.git/index.lock');
  let mark = '';
  const onStep = (now: LandingStep): void => {
    if (now !== step) return;
    mark = readFileSync(lock, 'utf8');
    throw new Error('crash');
  };
  await expect(scene.land({ onStep })).rejects.toThrow('crash');
  writeFileSync(lock, mark);
}

test(
  'a branch that can not be looked at after a crash: its checkout stays locked, also a second time, until a landing finishes it',
  { timeout: 60_000 },
  async () => {
    await crashAt('committed');
    for (const pattern of ['*config*', '*rev-parse*']) {
      await expect(scene.land({ answerPatienceMs }, brokenGit(pattern))).rejects.toThrow(
        'is not known, because Git can not be asked',
      );
      expect(isLocked()).toBe(true);
    }
    expect((await scene.land()).message).toBe('overmind/task/1 was merged already into main');
    expect([isLocked(), status()]).toEqual([false, '']);
  },
);

test('the same for a runner that only looks', { timeout: 60_000 }, async () => {
  await crashAt('committed');
  await expect(lookAtLanding(brokenGit('*config*'), scene.order({ answerPatienceMs }))).rejects.toThrow(
    'can not be asked',
  );
  expect(isLocked()).toBe(true);
  expect((await lookAtLanding(goodGit, scene.order())).outcome.isMerged).toBe(true);
  expect([isLocked(), status()]).toEqual([false, '']);
});

test('one that nobody goes on with is let go, and what to do is said, also by whoever looks again', async () => {
  await crashAt('committed');
  const { recordFile } = scene.order();
  const note = abandonLanding(recordFile);
  expect(note).toContain(`Whether ${scene.repository.root} has followed main is not known.`);
  expect(note).toContain(ADVICE);
  expect(isLocked()).toBe(false);
  expect(abandonLanding(recordFile)).toBe(note);
  expect((await scene.land()).message).toBe(`overmind/task/1 was merged already into main.${note}`);
});

test('one whose checkout has followed, or that never locked one, leaves nothing to say', async () => {
  expect(abandonLanding(scene.order().recordFile)).toBe('');
  await scene.land();
  expect(abandonLanding(scene.order().recordFile)).toBe('');
});

test('a checkout that could not be brought along is told by the next landing as well, when the first one fails after it', async () => {
  await crashAt('committed');
  await expect(
    scene.land(
      { lastWord: async () => Promise.reject(new Error('no word')) },
      brokenGit('*read-tree*|*ls-files*|*cat-file*'),
    ),
  ).rejects.toThrow('no word');
  expect(isLocked()).toBe(false);
  expect((await scene.land()).message).toContain(ADVICE);
  expect((await lookAtLanding(goodGit, scene.order())).note).toContain(ADVICE);
});
