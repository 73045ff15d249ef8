import { mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { fixedPolicies } from './execution/policies.ts';
import { RunnerPolicy } from './execution/policy.ts';
import { findRunProcesses } from './execution/processes.ts';
import type { Runner } from './runner.ts';
import { FakeControlPlane } from './testing/fake-control-plane.ts';
import { buildProgram, program, PROGRAMS_FOLDER, temporaryFolder, until } from './testing/programs.ts';
import { makeRepository, type TestRepository } from './testing/repositories.ts';
import { makeRunSpec } from './testing/run-specs.ts';
import { startRunner } from './testing/start-runner.ts';

let keeperFile: string;
let folder: string;
let repository: TestRepository;
let controlPlane: FakeControlPlane;
let runner: Runner;

beforeAll(() => {
  keeperFile = buildProgram('execution/keeper-main');
});
beforeEach(async () => {
  folder = realpathSync(temporaryFolder());
  repository = makeRepository(join(folder, 'repos', 'repo'));
  controlPlane = new FakeControlPlane();
  runner = await start();
});
afterEach(async () => {
  await runner.stop(true);
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => rmSync(keeperFile, { force: true }));

async function start(): Promise<Runner> {
  const policy = RunnerPolicy.parse({
    roots: [join(folder, 'repos')],
    executables: { node: { path: process.execPath } },
    limits: { minFreeBytes: 0 },
    sandbox: { readablePaths: [PROGRAMS_FOLDER] },
  });
  const options = { folder: join(folder, 'runner'), policies: fixedPolicies(policy), controlPlane, keeperFile };
  const { runner: started, ready } = startRunner(options);
  await ready;
  return started;
}

const pins = (): string => repository.git('for-each-ref', '--format=%(objectname)', 'refs/overmind/base');
const lasting = (): ReturnType<FakeControlPlane['offer']> =>
  controlPlane.offer(
    makeRunSpec({ repoRoot: repository.root, commands: [['node', ...program('print-lines', '1', '600000')]] }),
  );

test('the base of a run is pinned while its program works, also after garbage was collected', async () => {
  const base = repository.git('rev-parse', 'main');
  lasting();
  await until(() => pins() !== '', 'the pin');
  expect(pins()).toBe(base);
  repository.git('checkout', '--quiet', '--orphan', 'other');
  repository.git('commit', '--quiet', '-m', 'Another beginning', '--allow-empty');
  repository.git('branch', '-D', 'main');
  repository.git('reflog', 'expire', '--expire=now', '--all');
  repository.git('gc', '--quiet', '--prune=now');
  expect(repository.git('cat-file', '-t', base)).toBe('commit');
});

test('a run whose base can not be pinned is ended with the reason', async () => {
  mkdirSync(join(repository.root, '.git/refs/overmind'), { recursive: true });
  writeFileSync(join(repository.root, '.git/refs/overmind/base'), `${repository.git('rev-parse', 'main')}\n`);
  const run = lasting();
  const result = await controlPlane.ended(run);
  expect(result).toMatchObject({ status: 'failed', reason: 'worktree_failed' });
  expect(result.message).toMatch(/could not be pinned in .*: .*refs\/overmind\/base/);
  expect(findRunProcesses(run.spec.runId, null)).toEqual([]);
});

test('a runner that was killed before it could pin is followed by one that does', async () => {
  const run = lasting();
  await until(() => pins() !== '', 'the pin');
  const base = pins();
  const name = repository.git('for-each-ref', '--format=%(refname)', 'refs/overmind/base');
  await runner.stop(false);
  repository.git('update-ref', '-d', name);
  runner = await start();
  await until(() => pins() === base, 'the pin again');
  expect(findRunProcesses(run.spec.runId, null)).not.toEqual([]);
});

test('a repository that is away for a moment ends no run that a restarted runner finds', async () => {
  const run = lasting();
  await until(() => pins() !== '', 'the pin');
  await runner.stop(false);
  rmSync(join(repository.root, '.git/refs/overmind'), { recursive: true });
  writeFileSync(join(repository.root, '.git/refs/overmind'), '');
  runner = await start();
  await until(() => run.lines.some((line) => line.startsWith('1:')), 'its lines');
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(findRunProcesses(run.spec.runId, null)).not.toEqual([]);
});
