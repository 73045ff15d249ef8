import { mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AGENT_PROGRAMS } from '#contract/agent-programs.ts';
import { type AgentPreset, presetConfig } from '#core/agents/presets.ts';
import { fixedPolicies } from './execution/policies.ts';
import { RunnerPolicy } from './execution/policy.ts';
import type { Runner } from './runner.ts';
import { FakeControlPlane } from './testing/fake-control-plane.ts';
import { BUBBLEWRAP, buildProgram, temporaryFolder, until } from './testing/programs.ts';
import { makeRepository, type TestRepository } from './testing/repositories.ts';
import { makeRunSpec } from './testing/run-specs.ts';
import { startRunner } from './testing/start-runner.ts';

/** Prints each argument, the task as it was given, and what it was told by variables; and does something. */
const PROGRAM = `#!/bin/sh
for argument; do echo "argument $argument"; done
for argument; do [ ! -f "$argument" ] || sed 's/^/from a file: /' "$argument"; done
sed 's/^/from the input: /'
env | sort | sed 's/^/variable /'
echo done > done.txt
`;

let keeperFile: string;
let folder: string;
let repository: TestRepository;
let controlPlane: FakeControlPlane;
let runner: Runner | null = null;

beforeAll(() => {
  keeperFile = buildProgram('execution/keeper-main');
});
beforeEach(() => {
  folder = realpathSync(temporaryFolder());
  repository = makeRepository(join(folder, 'repos', 'repo'));
  controlPlane = new FakeControlPlane();
  mkdirSync(join(folder, 'bin'));
  for (const name of Object.keys(AGENT_PROGRAMS)) writeFileSync(join(folder, 'bin', name), PROGRAM, { mode: 0o755 });
});
afterEach(async () => {
  await runner?.stop(true);
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => rmSync(keeperFile, { force: true }));

interface Machine {
  env?: Record<string, string>;
  envNames?: string[];
  roots?: string[];
  executables?: Record<string, object>;
}

async function start({ env = {}, envNames = ['LANG'], roots, executables }: Machine = {}): Promise<void> {
  const policy = RunnerPolicy.parse({
    roots: roots ?? [join(folder, 'repos')],
    executables: { ...Object.fromEntries(Object.keys(AGENT_PROGRAMS).map((name) => [name, {}])), ...executables },
    envNames,
    limits: { minFreeBytes: 0 },
  });
  const started = startRunner({
    folder: join(folder, 'runner'),
    policies: fixedPolicies(policy),
    controlPlane,
    keeperFile,
    sandboxFile: BUBBLEWRAP,
    env: { PATH: `${join(folder, 'bin')}:/usr/bin:/bin`, HOME: join(folder, 'home'), ...env },
  });
  runner = started.runner;
  await started.ready;
}

function offer(
  preset: AgentPreset,
  model: string | null,
  changes: { envValues?: Record<string, string>; commands?: string[][] } = {},
): ReturnType<FakeControlPlane['offer']> {
  const { commands, stdin, reader, env, envValues, sandbox, limits } = presetConfig(preset);
  const prompt = { title: 'Write docs', model };
  return controlPlane.offer(
    makeRunSpec({
      repoRoot: repository.root,
      commands,
      stdin,
      reader,
      env,
      envValues,
      sandbox,
      limits,
      prompt,
      ...changes,
    }),
  );
}

const told = (run: ReturnType<typeof offer>, what: string): string[] =>
  run.lines.filter((line) => line.startsWith(`1:${what} `)).map((line) => line.slice(`1:${what} `.length));

test.each([
  ['codex', 'gpt-5', ['exec', '--json', '--sandbox', 'workspace-write', '-m', 'gpt-5', '-']],
  ['codex', null, ['exec', '--json', '--sandbox', 'workspace-write', '-']],
  ['gemini', null, ['--output-format', 'stream-json', '--approval-mode', 'yolo', '--skip-trust']],
  ['opencode', 'stub/model', ['run', '--format', 'json', '-m', 'stub/model']],
] as const)('%s with the model %s is started with %j', async (preset, model, args) => {
  await start();
  const run = offer(preset, model);
  await controlPlane.ended(run);
  expect(told(run, 'argument')).toEqual(args);
  expect(run.lines).toContain('1:from the input: # Task: Write docs');
});

test.each([
  [null, 'The folder was made ready anew from main'],
  ['main', 'What you changed then is in the folder.'],
])(
  'an agent that goes on in a session is told so, and how its folder stands (from %s)',
  async (startFromBranch, words) => {
    await start();
    const session = { id: 's-1', inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, costUsd: 0 };
    const resume = presetConfig('codex').resume ?? [];
    const prompt = {
      title: 'Write docs',
      model: null,
      feedback: 'Shorter.',
      conversation: [{ role: 'user', content: 'Hello' }],
    };
    const run = controlPlane.offer(
      makeRunSpec({
        repoRoot: repository.root,
        commands: [resume],
        session,
        startFromBranch,
        baseBranch: 'main',
        prompt,
      }),
    );
    await controlPlane.ended(run);
    expect(told(run, 'argument').slice(-3)).toEqual(['resume', 's-1', '-']);
    const text = run.lines.join('\n');
    expect(text).toContain(words);
    for (const part of ['in the same session', '# Task: Write docs', 'Shorter.']) expect(text).toContain(part);
    // It has heard it.
    expect(text).not.toContain('From the conversation');
  },
);

test('a task that is to be read from a file can be read in the sandbox, and stands outside of the repository', async () => {
  await start();
  const run = offer('aider', null);
  expect((await controlPlane.ended(run)).status).toBe('completed');
  expect(run.lines).toContain('1:from a file: # Task: Write docs');
  expect(run.lines.join('\n')).not.toContain('from the input');
  expect(repository.git('show', '--name-only', '--format=', run.spec.branch)).toBe('done.txt');
});

test('fixed values reach the program, and stand above what its machine has', async () => {
  await start({ env: { LANG: 'C' } });
  const run = offer('claude_code', null, { envValues: { DISABLE_AUTOUPDATER: '1', LANG: 'C.UTF-8', EMPTY: '' } });
  await controlPlane.ended(run);
  expect(told(run, 'variable')).toEqual(
    expect.arrayContaining(['DISABLE_AUTOUPDATER=1', 'LANG=C.UTF-8', 'EMPTY=', 'TERM=xterm-256color']),
  );
});

test.each(['LD_PRELOAD', 'PATH', 'GIT_SSH_COMMAND', 'OVERMIND_RUN_ID', 'node_options', 'BASH_ENV'])(
  'a runner takes no fixed value of %s, whatever the control plane says',
  async (name) => {
    await start();
    const result = await controlPlane.ended(offer('codex', null, { envValues: { [name]: 'x' } }));
    expect(result).toMatchObject({ status: 'failed', reason: 'command_refused' });
    expect(result.message).toContain(`${name} is set by the runner`);
  },
);

test('of the keys that a preset names, those that are set reach it, and the others are no reason to refuse it', async () => {
  await start({ env: { OPENAI_API_KEY: 'key-123456', UNASKED: 'x' }, envNames: ['OPENAI_API_KEY', 'UNASKED'] });
  const run = offer('codex', null);
  expect((await controlPlane.ended(run)).status).toBe('completed');
  expect(told(run, 'variable').filter((line) => /OPENAI|CODEX|UNASKED/.test(line))).toEqual(['OPENAI_API_KEY=***']);
  expect(run.lines.filter((line) => line.includes('Not set'))).toEqual([
    `3:Not set in the environment of runner test-runner: CODEX_API_KEY; to set CODEX_API_KEY, name it in "envNames" of ${join(folder, 'runner', 'policy.json')} first`,
  ]);
});

test('of a program that can sign in, no log names the keys it does without', async () => {
  await start({ env: { ANTHROPIC_API_KEY: 'key-123456' }, envNames: ['ANTHROPIC_API_KEY'] });
  const run = offer('claude_code', null);
  expect((await controlPlane.ended(run)).status).toBe('completed');
  expect(run.lines.join('\n')).not.toContain('Not set');
});

test('a key that is set and that the policy does not hand out is refused, with what to write where', async () => {
  await start({ env: { OPENAI_API_KEY: 'key-123456' } });
  const result = await controlPlane.ended(offer('codex', null));
  expect(result).toMatchObject({ status: 'failed', reason: 'command_refused' });
  expect(result.message).toContain(
    `add "OPENAI_API_KEY" to "envNames" in ${join(folder, 'runner', 'policy.json')}; it is read anew at once`,
  );
});

test('a runner tells which agents it has at its start, and when it is to look around again', async () => {
  await start();
  await until(() => controlPlane.programReports.length === 1, 'a report of the programs');
  rmSync(join(folder, 'bin', 'codex'));
  controlPlane.tell({ type: 'look', requestId: 'a' });
  await until(() => controlPlane.programReports.length === 2, 'a second report');
  const installed = controlPlane.programReports.map(({ programs }) =>
    programs.filter(({ path }) => path !== null).map(({ program }) => program),
  );
  expect(installed).toEqual([
    ['claude', 'codex', 'gemini', 'opencode', 'aider'],
    ['claude', 'gemini', 'opencode', 'aider'],
  ]);
});

describe('a root with the programs of the user in it, as with nvm', () => {
  const tools = (): string => join(folder, '.nvm/versions/node/v20/bin');
  beforeEach(() => {
    mkdirSync(tools(), { recursive: true });
    // By a name that is nowhere else.
    symlinkSync(process.execPath, join(tools(), 'node-of-nvm'));
    writeFileSync(
      join(tools(), 'codex'),
      `#!/usr/bin/env node-of-nvm\nconsole.log('argument ' + process.argv[2]);\nrequire('fs').writeFileSync('done.txt', 'done');\n`,
      { mode: 0o755 },
    );
  });
  const machine = (): Machine => ({ roots: [folder], env: { PATH: `${tools()}:/usr/bin:/bin` } });

  test('what is in there is named, with what to write where', async () => {
    await start(machine());
    const result = await controlPlane.ended(offer('codex', null));
    expect(result).toMatchObject({ status: 'failed', reason: 'command_missing' });
    expect(result.message).toBe(
      `The agent's command \`codex\` is installed on runner test-runner at ${tools()}/codex, inside a root: ${folder}. Programs from where agents work are not taken, since an agent may have written them. To allow it, write "codex": { "path": "${tools()}/codex" } into "executables", or narrower "roots", in ${join(folder, 'runner', 'policy.json')}; it is read anew at once`,
    );
  });

  test('when that is written down, it runs, with the Node.js beside it', async () => {
    await start({ ...machine(), executables: { codex: { path: join(tools(), 'codex') } } });
    const run = offer('codex', null);
    expect(await controlPlane.ended(run)).toMatchObject({ status: 'completed', reason: 'ok' });
    expect(told(run, 'argument')).toEqual(['exec']);
  });

  test('nobody is talked into a program that is none of an agent', async () => {
    await start({ ...machine(), executables: { deploy: {} } });
    writeFileSync(join(tools(), 'deploy'), PROGRAM, { mode: 0o755 });
    const result = await controlPlane.ended(offer('codex', null, { commands: [['deploy']] }));
    expect(result.message).toContain(`inside a root: ${folder}`);
    expect(result.message).toMatch(/What it allows is "executables" in \S+policy\.json$/);
  });

  test('what an agent has left in the folder of the runner is not named at all', async () => {
    mkdirSync(join(folder, 'runner', 'work'), { recursive: true });
    writeFileSync(join(folder, 'runner', 'work', 'gemini'), PROGRAM, { mode: 0o755 });
    await start({ roots: [join(folder, 'repos')], env: { PATH: `${join(folder, 'runner', 'work')}:/usr/bin:/bin` } });
    expect((await controlPlane.ended(offer('gemini', null))).message).toContain('is not installed on runner');
  });
});
