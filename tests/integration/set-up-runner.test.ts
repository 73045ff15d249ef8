import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { AGENT_PRESETS, AGENT_PRESET_NAMES, presetConfig } from '#core/agents/presets.ts';
import { readPolicy } from '../../runner/execution/policy.ts';
import { readSetupEnvironment } from '#scripts/setup/environment.ts';
import { setUpRunner } from '#scripts/setup/set-up-runner.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

const { runnerEnvironment } = (await import(new URL('../../scripts/bootstrap/system.mjs', import.meta.url).href)) as {
  runnerEnvironment(variables: NodeJS.ProcessEnv, runner: object): NodeJS.ProcessEnv;
};

let system: TestSystem;
let runnerDir: string;
beforeAll(async () => {
  system = await startTestSystem();
});
beforeEach(() => {
  runnerDir = mkdtempSync(path.join(tmpdir(), 'overmind-set-up-'));
});
afterEach(() => rmSync(runnerDir, { recursive: true, force: true }));
afterAll(() => system.close());

const setUp = () => setUpRunner(system.core, runnerDir, readSetupEnvironment({ OVERMIND_RUNNER_NAME: 'r' }), ['/srv']);
const policyFile = () => path.join(runnerDir, 'policy.json');

test('on a fresh machine every preset may run, with the variables that it names', async () => {
  await setUp();
  const policy = readPolicy(policyFile());
  for (const name of AGENT_PRESET_NAMES) {
    const { env, commands } = presetConfig(name);
    expect([name, env.filter((variable) => !policy.envNames.includes(variable))]).toEqual([name, []]);
    // The demo agent is there when its program is built.
    const programs = commands.map(([program = '']) => program).filter((program) => program !== 'demo-agent');
    expect([name, programs.filter((program) => !(program in policy.executables))]).toEqual([name, []]);
  }
});

test.each([
  ['as an ordinary user', undefined],
  ['as root', { name: 'overmind-runner', uid: 990, gid: 990 }],
])('what signs agents in reaches the runner that npm start has started %s', async (_name, user) => {
  await setUp();
  const keys = Object.values(AGENT_PRESETS).flatMap(({ config }) => ('env' in config ? (config.env ?? []) : []));
  const variables = Object.fromEntries(keys.map((name) => [name, `value of ${name}`]));
  const given = { PATH: '/usr/bin', HOME: '/home/me', DATABASE_URL: 'postgresql://server', ...variables };
  const handedOn = runnerEnvironment(given, { user, runnerDir });
  expect(handedOn).toMatchObject(variables);
  expect(handedOn['DATABASE_URL']).toBeUndefined();
  expect(keys).toEqual(expect.arrayContaining(['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'GEMINI_API_KEY']));
});

test('a policy that is there stays as its owner has it', async () => {
  const own = { roots: ['/home/me'], executables: { codex: {} }, envNames: ['LANG'] };
  writeFileSync(policyFile(), JSON.stringify(own), { mode: 0o600 });
  await setUp();
  expect(JSON.parse(readFileSync(policyFile(), 'utf8'))).toEqual({ ...own, roots: ['/home/me', '/srv'] });
});
