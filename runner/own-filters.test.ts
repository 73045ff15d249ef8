import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { fixedPolicies } from './execution/policies.ts';
import { buildProgram } from './testing/programs.ts';
import { TestBed } from './testing/test-bed.ts';

let keeperFile: string;
let bed: TestBed;
/** The user's own Git, with his own configuration. */
let userGit: (...args: string[]) => string;

beforeAll(() => {
  keeperFile = buildProgram('execution/keeper-main');
});
beforeEach(() => {
  bed = new TestBed(keeperFile);
  bed.home = join(bed.folder, 'home');
  mkdirSync(bed.home);
  const turn = 'tr a-zA-Z n-za-mN-ZA-M';
  writeFileSync(
    join(bed.home, '.gitconfig'),
    `[user]\n\tname = Ada\n\temail = ada@example.org\n[filter "turn"]\n\tclean = ${turn}\n\tsmudge = ${turn}\n\trequired = true\n`,
  );
  userGit = (...args) =>
    execFileSync('git', args, {
      cwd: bed.repository.root,
      env: { PATH: '/usr/bin:/bin', HOME: bed.home },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  bed.repository.write({ '.gitattributes': '*.turned filter=turn\n', 'a.turned': 'secret\n' });
  userGit('add', '-A');
  userGit('commit', '-qm', 'turned');
});
afterEach(() => bed.close());
afterAll(() => rmSync(keeperFile, { force: true }));

const startWith = (filters: string[]): Promise<void> => bed.start(fixedPolicies({ ...bed.policy, filters }));

test('a filter that the user has set up for himself, and the policy trusts, runs on the way in and on the way out', async () => {
  await startWith(['turn']);
  const run = bed.offer({
    commands: [['sh', '-c', 'test "$(cat a.turned)" = secret && echo another > b.turned && echo changed > a.turned']],
  });
  const { git, reason } = await bed.controlPlane.ended(run);
  expect(reason).toBe('ok');
  const merge = bed.offer({
    kind: 'merge',
    commands: [],
    branch: run.spec.branch,
    mergeCommit: git?.headCommit ?? null,
    reviewedBaseCommit: git?.baseCommit ?? null,
  });
  expect(await bed.controlPlane.ended(merge)).toMatchObject({ status: 'completed', reason: 'ok' });
  expect(readFileSync(join(bed.repository.root, 'b.turned'), 'utf8')).toBe('another\n');
  expect(userGit('status', '--porcelain')).toBe('');
  expect(userGit('cat-file', 'blob', 'HEAD:b.turned')).toBe('nabgure');
});

test('one that the policy does not trust: its files are refused by name, and others merge without a false alarm', async () => {
  await startWith([]);
  const refused = await bed.controlPlane.ended(bed.offer({ commands: [['sh', '-c', 'echo another > b.turned']] }));
  expect(refused).toMatchObject({ reason: 'denied_change', paths: ['b.turned'] });
  const run = bed.offer({ commands: [['sh', '-c', 'echo 1 > one']] });
  const { git } = await bed.controlPlane.ended(run);
  const merge = (): ReturnType<TestBed['offer']> =>
    bed.offer({
      kind: 'merge',
      commands: [],
      branch: run.spec.branch,
      mergeCommit: git?.headCommit ?? null,
      reviewedBaseCommit: git?.baseCommit ?? null,
    });
  // A touched file, which the user's own Git calls unchanged: that can not be told without the filter.
  utimesSync(join(bed.repository.root, 'a.turned'), 1, 1);
  expect(await bed.controlPlane.ended(merge())).toMatchObject({
    reason: 'repo_dirty',
    message: expect.stringContaining('filter "turn"') as string,
  });
  expect(userGit('status', '--porcelain')).toBe('');
  expect(await bed.controlPlane.ended(merge())).toMatchObject({ status: 'completed' });
  expect(readFileSync(join(bed.repository.root, 'a.turned'), 'utf8')).toBe('secret\n');
  expect(userGit('status', '--porcelain')).toBe('');
});
