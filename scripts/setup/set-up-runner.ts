import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SYSTEM } from '#core/access/actor.ts';
import { authenticate } from '#core/access/sessions.ts';
import type { Core } from '#core/platform/core.ts';
import { createRunner } from '#core/runners/create-runner.ts';
import { rotateRunnerToken } from '#core/runners/rotate-runner-token.ts';
import type { SetupEnvironment } from './environment.ts';

/** Programs that agents' commands may name on a fresh machine; each counts only where it is installed. */
const USUAL_EXECUTABLES = [
  'claude',
  'codex',
  'gemini',
  'opencode',
  'aider',
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
    writePrivately(tokenFile, { token: await newRunnerToken(core, environment.OVERMIND_RUNNER_NAME) });
  }
  const policyFile = path.join(folder, 'policy.json');
  // What the owner of the machine has written there stays; only our own entries are kept up to date.
  const policy = readJson(policyFile) ?? {
    roots: [],
    executables: Object.fromEntries(USUAL_EXECUTABLES.map((name) => [name, {}])),
    envNames: ['LANG'],
  };
  const executables = policy['executables'] as Record<string, unknown>;
  if (environment.OVERMIND_RUNNER_BIN_DIR) {
    executables['demo-agent'] = {
      path: environment.OVERMIND_RUNNER_EXEC_PATH,
      args: [path.join(environment.OVERMIND_RUNNER_BIN_DIR, 'demo-agent.mjs')],
    };
  }
  policy['roots'] = [...new Set([...(policy['roots'] as string[]), ...roots])];
  writePrivately(policyFile, policy);
}

async function newRunnerToken(core: Core, name: string): Promise<string> {
  const existing = await core.db.runner.findUnique({ where: { name } });
  if (existing) return (await rotateRunnerToken(core, SYSTEM('set-up'), existing.id)).token;
  return (await createRunner(core, SYSTEM('set-up'), { name, capacity: null })).token;
}

function readJson(file: string): Record<string, unknown> | null {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>) : null;
}

function writePrivately(file: string, value: object): void {
  const text = `${JSON.stringify(value, null, 2)}\n`;
  // An unchanged file keeps its owner, who may be another user than we are.
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  chmodSync(`${file}.new`, 0o600);
  renameSync(`${file}.new`, file);
}
