import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { AGENT_PROGRAMS, agentVariableNames } from '#contract/agent-programs.ts';
import { SYSTEM } from '#core/access/actor.ts';
import { authenticate } from '#core/access/sessions.ts';
import type { Core } from '#core/platform/core.ts';
import { createRunner } from '#core/runners/create-runner.ts';
import { rotateRunnerToken } from '#core/runners/rotate-runner-token.ts';
import type { SetupEnvironment } from './environment.ts';
import { readPrivately, writePrivately } from './private-file.ts';

/** Programs that agents' commands may name on a fresh machine; each counts only where it is installed. */
const USUAL_EXECUTABLES = [
  ...Object.keys(AGENT_PROGRAMS),
  'git',
  'node',
  'npm',
  'npx',
  'pnpm',
  'yarn',
  'python3',
  'make',
  'cargo',
  'go',
];

/** Gives the runner of this machine a token and a policy file, where they are missing or no longer hold. */
export async function setUpRunner(
  core: Core,
  folder: string,
  environment: SetupEnvironment,
  roots: string[],
): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const tokenFile = path.join(folder, 'runner.json');
  const known = readJson(tokenFile)?.['token'];
  if (typeof known !== 'string' || !(await authenticate(core, known))) {
    const token = await newRunnerToken(core, environment.OVERMIND_RUNNER_NAME);
    writePrivately(tokenFile, jsonOf({ token }));
  }
  const policyFile = path.join(folder, 'policy.json');
  // What the owner of the machine has written there stays; only our own entries are kept up to date.
  const policy = readJson(policyFile) ?? {
    roots: [],
    executables: Object.fromEntries(USUAL_EXECUTABLES.map((name) => [name, {}])),
    envNames: ['LANG', ...agentVariableNames()],
  };
  const executables = policy['executables'] as Record<string, unknown>;
  if (environment.OVERMIND_RUNNER_BIN_DIR) {
    executables['demo-agent'] = {
      path: environment.OVERMIND_RUNNER_EXEC_PATH,
      args: [path.join(environment.OVERMIND_RUNNER_BIN_DIR, 'demo-agent.mjs')],
    };
  }
  policy['roots'] = [...new Set([...(policy['roots'] as string[]), ...roots])];
  writePrivately(policyFile, jsonOf(policy));
}

async function newRunnerToken(core: Core, name: string): Promise<string> {
  const existing = await core.db.runner.findUnique({ where: { name } });
  if (existing) return (await rotateRunnerToken(core, SYSTEM('set-up'), existing.id)).token;
  return (await createRunner(core, SYSTEM('set-up'), { name, capacity: null })).token;
}

function readJson(file: string): Record<string, unknown> | null {
  const text = readPrivately(file);
  return text === null ? null : (JSON.parse(text) as Record<string, unknown>);
}

const jsonOf = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
