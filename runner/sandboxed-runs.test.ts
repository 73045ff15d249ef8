import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { findRunProcesses, signal } from './execution/processes.ts';
import { fixedPolicies } from './execution/policies.ts';
import { RunnerPolicy } from './execution/policy.ts';
import type { Runner } from './runner.ts';
import { FakeControlPlane } from './testing/fake-control-plane.ts';
import { BUBBLEWRAP, buildProgram, program, PROGRAMS_FOLDER, temporaryFolder, until } from './testing/programs.ts';
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

interface Options {
  sandbox?: Partial<RunnerPolicy['sandbox']>;
  sandboxFile?: string;
  limits?: Partial<RunnerPolicy['limits']>;
}

async function start({ sandbox, sandboxFile = BUBBLEWRAP, limits }: Options = {}): Promise<Runner> {
  const policy = RunnerPolicy.parse({
    roots: [join(folder, 'repos')],
    executables: { node: { path: process.execPath }, sh: {} },
    limits: { minFreeBytes: 0, ...limits },
    sandbox: { readablePaths: [PROGRAMS_FOLDER], ...sandbox },
  });
  const { runner: started, ready } = startRunner({
    folder: join(folder, 'runner'),
    policies: fixedPolicies(policy),
    controlPlane,
    keeperFile,
    sandboxFile,
    hiddenPaths: [join(folder, 'data')],
    env: { PATH: '/usr/bin:/bin', HOME: join(folder, 'home') },
  });
  await ready;
  return started;
}

async function restartRunner(options: Options): Promise<void> {
  await runner.stop();
  runner = await start(options);
}

type Part = Omit<Parameters<typeof makeRunSpec>[0], 'repoRoot'> & { repoRoot?: string };
const node = (...args: string[]): string[] => ['node', ...args];
const offer = (part: Part): ReturnType<FakeControlPlane['offer']> =>
  controlPlane.offer(makeRunSpec({ repoRoot: repository.root, ...part }));

test("a sandboxed agent sees neither the runner's own folder nor other runs, nor sockets of keepers, nor the product's data", async () => {
  for (const [path, text] of [
    ['runner/runner.json', 'TOKEN'],
    ['runner/policy.json', 'POLICY'],
    ['data/database', 'DATA'],
    ['repos/other/file', 'OTHER'],
  ] as const) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `seen ${text}`);
  }
  const runnerFolder = join(folder, 'runner');
  const script = `find ${folder} -type f -not -path '*/.git/*' 2>/dev/null | grep -v "^$PWD/"; cat ${runnerFolder}/*.json ${runnerFolder}/runs/*/spec.json ${folder}/data/* ${folder}/repos/other/file; ls ${runnerFolder}/sockets; find / -name '*.sock' 2>/dev/null; echo end`;
  const run = offer({ commands: [['sh', '-c', `${script}; touch ${repository.root}/planted`]] });
  await controlPlane.ended(run);
  expect(run.lines.filter((line) => line.startsWith('1:'))).toEqual([
    `1:${runnerFolder}/runs/${run.spec.runId}/task.json`,
    '1:end',
  ]);
  expect(run.lines.join('\n')).not.toMatch(/seen|"token"/);
  expect(existsSync(join(repository.root, 'planted'))).toBe(false);
  expect(run.lines.join('\n')).not.toContain('ot sandboxed');
});

test('a run in a folder without Git is sandboxed as well: that folder is writable, and nothing around it', async () => {
  mkdirSync(join(folder, 'repos', 'plain'));
  const run = offer({
    repoRoot: join(folder, 'repos', 'plain'),
    inPlace: true,
    commands: [['sh', '-c', 'echo 1 > here; echo 2 > ../there; ls ..']],
  });
  await controlPlane.ended(run);
  expect(readFileSync(join(folder, 'repos', 'plain', 'here'), 'utf8')).toBe('1\n');
  expect(existsSync(join(folder, 'repos', 'there'))).toBe(false);
  expect(run.lines).toContain('1:plain');
});

test('without a sandbox a run says so; a policy that requires one refuses it, and says what to change', async () => {
  await restartRunner({ sandbox: { mode: 'off' } });
  expect(controlPlane.advert?.sandboxNote).toBe("not sandboxed: the runner's policy turns the sandbox off");
  const open = offer({ commands: [node('--version')], sandbox: { network: false, homePaths: [] } });
  await controlPlane.ended(open);
  expect(open.lines).toContain(
    "3:Not sandboxed: the runner's policy turns the sandbox off. The network, which this run was to do without, is not kept from it",
  );

  await restartRunner({ sandbox: { mode: 'required' }, sandboxFile: join(folder, 'nothing-here') });
  const result = await controlPlane.ended(offer({ commands: [node('--version')] }));
  expect(result).toMatchObject({ status: 'failed', reason: 'not_sandboxed' });
  expect(result.message).toContain(`set "sandbox": { "mode": "auto" } in ${join(folder, 'runner', 'policy.json')}`);
  expect(repository.git('branch', '--list', 'overmind/*')).toBe('');

  await restartRunner({ sandbox: { mode: 'required' } });
  expect(controlPlane.advert?.sandboxNote).toBeNull();
  expect(await controlPlane.ended(offer({ commands: [node('--version')] }))).toMatchObject({ status: 'completed' });
});

test("the agent's own wish and the policy can each keep the network from a run", async () => {
  const isOnline = node(
    '-e',
    'console.log(Object.keys(require("os").networkInterfaces()).filter((name) => name !== "lo").length > 0 || require("fs").readFileSync("/proc/net/dev", "utf8").trim().split("\\n").length > 3)',
  );
  const [wide, narrow] = [
    offer({ commands: [isOnline] }),
    offer({ commands: [isOnline], sandbox: { network: false, homePaths: [] } }),
  ];
  await Promise.all([controlPlane.ended(wide), controlPlane.ended(narrow)]);
  expect(narrow.lines).toContain('1:false');
  await restartRunner({ sandbox: { network: false } });
  const kept = offer({ commands: [isOnline] });
  await controlPlane.ended(kept);
  expect(kept.lines).toContain('1:false');
  expect(kept.lines).toContain('3:No network: the policy of runner test-runner keeps it from every run');
});

test('what of the home the policy does not show is refused before anything is made', async () => {
  const result = await controlPlane.ended(offer({ sandbox: { network: true, homePaths: ['.ssh'] } }));
  expect(result).toMatchObject({ status: 'failed', reason: 'command_refused' });
  expect(result.message).toMatch(/~\/\.ssh.*"sandbox.homePaths"/);
});

test('set-up commands make the folder ready before the agent starts, without its prompt; one that fails ends the run', async () => {
  const run = offer({
    setup: [['sh', '-c', 'cat; echo ready > prepared']],
    commands: [['sh', '-c', 'cat prepared; rm prepared']],
  });
  expect(await controlPlane.ended(run)).toMatchObject({ status: 'completed' });
  const [setUp, command] = run.lines.filter((line) => line.startsWith('3:$ '));
  expect(setUp).toMatch(/ \(set-up\)$/);
  expect(command).not.toMatch(/set-up/);
  expect(run.lines.filter((line) => line.startsWith('1:'))).toEqual(['1:ready']);
  const failing = offer({ setup: [['sh', '-c', 'exit 3']], commands: [node('--version')] });
  const result = await controlPlane.ended(failing);
  expect(result).toMatchObject({ status: 'failed', reason: 'exit_code', exitCode: 3 });
  expect(result.message).toMatch(/^The set-up command/);
});

test("the policy's ceiling holds for an agent that wants more, or has no limit", async () => {
  const script =
    'const all = []; for (let n = 0; n < 40; n += 1) all.push(Buffer.alloc(20_000_000, 1)); console.log(all.length)';
  await restartRunner({ limits: { maxMemoryBytes: 500_000_000 } });
  const results = await Promise.all(
    [null, 4_000_000_000].map((maxMemoryBytes) =>
      controlPlane.ended(offer({ commands: [node('-e', script)], limits: { maxMemoryBytes } })),
    ),
  );
  for (const result of results) expect(result).toMatchObject({ status: 'failed', reason: 'exit_code' });
});

/** Stops the keeper of a run, as a debugger or a stuck disk would. @returns its process */
function stopKeeper(runId: string): number {
  const [child = 0] = findRunProcesses(runId, null);
  const keeper = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${child}/status`, 'utf8'))?.[1]);
  signal(keeper, 'SIGSTOP');
  return keeper;
}

test.each([
  ['auto', 'clean-up-on-sigterm'],
  ['auto', 'ignore-sigterm'],
  ['off', 'clean-up-on-sigterm'],
  ['off', 'ignore-sigterm'],
] as const)('cancel works while the keeper hangs: sandbox %s, a program that does %s', async (mode, name) => {
  await restartRunner({ sandbox: { mode } });
  const run = offer({ commands: [node(...program(name))], limits: { graceMs: 1_000 } });
  await until(() => run.lines.includes('1:ready'), 'the program to be ready');
  stopKeeper(run.spec.runId);
  const fromMs = performance.now();
  controlPlane.tell({ type: 'cancel', runId: run.spec.runId, reason: 'by_user', message: 'Canceled by Ada' });
  await until(() => findRunProcesses(run.spec.runId, null).length === 0, 'its processes to be gone');
  expect(performance.now() - fromMs).toBeLessThan(1_000 + 2_000);
  expect(await controlPlane.ended(run)).toMatchObject({
    status: 'canceled',
    reason: 'by_user',
    message: 'Canceled by Ada',
  });
  if (name === 'clean-up-on-sigterm') expect(run.lines).toContain('1:clean');
});

test('the lease of a run whose keeper hangs is not renewed, and its programs are gone when it ends', async () => {
  const run = offer({
    commands: [node(...program('ignore-sigterm'))],
    lease: { token: 'x'.repeat(30), durationMs: 3_000 },
  });
  await until(() => run.lines.includes('1:ready'), 'the program to be ready');
  stopKeeper(run.spec.runId);
  const fromMs = performance.now();
  await until(() => findRunProcesses(run.spec.runId, null).length === 0, 'its processes to be gone');
  expect(performance.now() - fromMs).toBeLessThan(3_000 + 1_500);
  expect(await controlPlane.ended(run)).toMatchObject({ status: 'timed_out', reason: 'runner_lost' });
});
