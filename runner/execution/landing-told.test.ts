import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LandingScene } from '../testing/landings.ts';
import { temporaryFolder } from '../testing/programs.ts';
import { Git } from './git.ts';
import { lookAtLanding } from './landing-outcome.ts';
import type { LandingStep } from './landing-order.ts';

let folder: string;
let scene: LandingScene;
const at = (path: string): string => join(scene.repository.root, path);
beforeEach(() => {
  folder = realpathSync(temporaryFolder());
  scene = new LandingScene(folder);
  scene.review({ 'new.txt': 'new\n' });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A Git in front of the real one that does something else for some calls. @param cases branches of a shell's `case "$*"` */
function gitWith(cases: string, timeoutMs?: number): Git {
  const file = join(folder, 'git');
  writeFileSync(file, `#!/bin/sh\ncase "$*" in\n${cases}\nesac\nexec /usr/bin/git "$@"\n`, { mode: 0o755 });
  return new Git(file, '/usr/bin:/bin', [], timeoutMs);
}

const NOT_COUNTED = 'How much it changed could not be counted';

test.each([
  ['a diff that takes too long', '*numstat*) exec sleep 30;;', NOT_COUNTED],
  [
    'a disk that is full for the diff',
    '*numstat*) echo "fatal: unable to write: No space left on device" >&2; exit 128;;',
    NOT_COUNTED,
  ],
  [
    'a diff that Git breaks off while somebody holds a lock',
    `*numstat*) echo "fatal: Unable to create '/x/index.lock': File exists." >&2; exit 128;;`,
    NOT_COUNTED,
  ],
  [
    'branches that can not be listed',
    '*for-each-ref*) echo "fatal: Input/output error" >&2; exit 128;;',
    'could not be removed: git for-each-ref',
  ],
])('%s, once the branch has moved: it is told as merged', { timeout: 20_000 }, async (_name, cases, note) => {
  const { message, git } = await scene.land({}, gitWith(cases, 3_000));
  expect(scene.isMerged).toBe(true);
  expect(message).toContain('overmind/task/1 was merged into main.');
  expect(message).toContain(note);
  expect(message).not.toContain('Nothing was changed');
  expect(git).toMatchObject({
    baseCommit: scene.reviewedBase,
    headCommit: scene.repository.git('rev-parse', 'main'),
    filesChanged: note === NOT_COUNTED ? 0 : 1,
  });
});

test('what was merged already is told so although it can not be counted', async () => {
  scene.repository.git('merge', '--quiet', '--no-edit', '--no-ff', scene.branch);
  const { message } = await scene.land(
    {},
    gitWith('*numstat*|*ls-tree*) echo "fatal: No space left on device" >&2; exit 128;;'),
  );
  expect(message).toContain('overmind/task/1 was merged already into main.');
  expect(message).toContain(NOT_COUNTED);
});

test.each([
  [
    'a lock of ours that can not be let go',
    'index_written',
    () => mkdirSync(at('.git/index.overmind/x'), { recursive: true }),
    'could not be let go',
  ],
  [
    'what was prepared aside and can not be removed',
    'checkout_updated',
    () => {
      writeFileSync(join(folder, 'aside/stuck'), '');
      execFileSync('chattr', ['+i', join(folder, 'aside/stuck')]);
    },
    '',
  ],
] as const)('%s does not make a merge undone', async (_name, when, spoil, note) => {
  try {
    const { message } = await scene.land({ onStep: (step: LandingStep) => void (step === when && spoil()) });
    expect(scene.isMerged).toBe(true);
    expect(message).toContain(note);
  } finally {
    execFileSync('sh', ['-c', `chattr -f -i ${join(folder, 'aside/stuck')}; true`]);
  }
});

/** Git is ended after it has moved the branch and before it has said so; after that it can not be asked for a moment. */
const UNSAID = (
  trouble: string,
): string => `*update-ref*"overmind: merge"*) { for n in 1 2 3 4; do read -r line; echo "$line"; done; } | /usr/bin/git "$@" | grep -v --line-buffered "commit: ok"; touch ${join(folder, 'unsaid')}; exit 1;;
*rev-parse*) if [ -e ${join(folder, 'unsaid')} ]; then rm ${join(folder, 'unsaid')}; ${trouble}; fi;;`;

test.each([
  ['is killed', 'kill -9 $$'],
  ['says that it can not', 'echo "fatal: Input/output error" >&2; exit 128'],
  ['hangs', 'exec sleep 30'],
])(
  'a Git that moves the branch without saying so, and %s when it is asked: it is told as merged',
  { timeout: 20_000 },
  async (_name, trouble) => {
    const { message } = await scene.land({}, gitWith(UNSAID(trouble), 3_000));
    expect(scene.isMerged).toBe(true);
    expect(message).toBe('overmind/task/1 was merged into main');
  },
);

test('a branch that did not move is not told as moved', async () => {
  const cases =
    '*update-ref*"overmind: merge"*) { for n in 1 2 3; do read -r line; echo "$line"; done; } | /usr/bin/git "$@"; exit 1;;';
  await expect(scene.land({}, gitWith(cases))).rejects.toThrow('git update-ref');
  expect(scene.isMerged).toBe(false);
});

test('a runner that only looks tells of a merge whose branches can not be removed', async () => {
  scene.repository.git('merge', '--quiet', '--no-edit', '--no-ff', scene.branch);
  const { outcome, note } = await lookAtLanding(
    gitWith('*for-each-ref*) echo "fatal: Input/output error" >&2; exit 128;;'),
    scene.order(),
  );
  expect(outcome).toEqual({ isMerged: true, headCommit: scene.repository.git('rev-parse', 'main') });
  expect(note).toContain('could not be removed');
});

test('a checkout that a merge left behind is told of after a crash', async () => {
  const onStep = (step: LandingStep): void => {
    if (step === 'committed') {
      writeFileSync(at('new.txt'), 'mine');
      writeFileSync(at('.git/refs/heads/main.lock'), '');
    }
    if (step === 'checkout_updated') throw new Error('crashed');
  };
  await expect(scene.land({ onStep })).rejects.toThrow('crashed');
  rmSync(at('.git/refs/heads/main.lock'));
  const { message } = await scene.land();
  expect(message).toContain('was merged already into main.');
  expect(message.split('run `git reset --hard` there; before that, commit nothing there.')).toHaveLength(2);
});
