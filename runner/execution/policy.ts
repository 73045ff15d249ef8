import { lstatSync } from 'node:fs';
import { z } from 'zod';
import { absolutePath, envName, glob, label } from '#contract/fields.ts';
import { parseContract } from '#contract/parse.ts';
import { readJson } from './write-json.ts';

/** Files that hold secrets by custom: neither changed by a run nor read as an artifact, whatever an agent's config allows. */
const DEFAULT_DENIED_GLOBS = [
  '**/.env', '**/.env.!(example|sample|template)', '**/*.pem', '**/*.key', '**/*.p12', '**/*.pfx', '**/*.jks', '**/*.keystore', '**/id_{rsa,dsa,ecdsa,ed25519}',
  '**/.ssh/**', '**/.aws/**', '**/.gnupg/**', '**/.netrc', '**/.git-credentials', '**/credentials', '**/credentials.{json,yml,yaml,toml}', '**/secrets.{json,yml,yaml,toml}',
  '**/.git/**',
];

const DAY_MS = 86_400_000;

const Executable = z.strictObject({
  /** Where the program is; absent: found once on the runner's own PATH. */
  path: absolutePath.optional(),
  /** Arguments put before those of the agent's command. */
  args: z.array(z.string()).max(50).default([]),
});

/**
 * What the owner of this machine allows, `policy.json` in the runner's folder. The control plane can ask for
 * less, never for more.
 */
export const RunnerPolicy = z.strictObject({
  /** Agents may work in repositories below these folders. */
  roots: z.array(absolutePath).max(200),
  /** The programs that agents' commands may name. */
  executables: z.record(z.string().min(1).regex(/^[^/\0]+$/, 'A name, not a path'), Executable),
  /** Variables that agents may take over from the runner's environment. */
  envNames: z.array(envName).max(200).default([]),
  /** Variables whose values are secret wherever they appear in a log. */
  secretEnvNames: z.array(envName).max(200).default([]),
  deniedGlobs: z.array(glob).max(500).default(DEFAULT_DENIED_GLOBS),
  /** What this machine is good for; agents can ask for labels. */
  labels: z.array(label).max(20).default([]),
  /** Runs at once. */
  capacity: z.int().min(1).max(64).default(2),
  /** Repositories that belong to another user of this machine are refused unless this is on. */
  allowOtherOwners: z.boolean().default(false),
  limits: z
    .strictObject({
      maxRunTimeoutMs: z.int().min(100).max(7 * DAY_MS).default(DAY_MS),
      maxLogBytes: z.int().min(1_024).max(1024 ** 3).default(1024 ** 3),
      /** A run ends when its disk has less than this left. */
      minFreeBytes: z.int().min(0).default(64 * 1024 ** 2),
      maxArtifactBytes: z.int().min(0).max(1024 ** 3).default(10 * 1024 ** 2),
    })
    .prefault({}),
  /** When the folders of finished tasks are removed. */
  workFolders: z
    .strictObject({
      /** After the task is done, canceled or archived; a day, so that one can still look in. */
      graceMs: z.int().min(0).max(365 * DAY_MS).default(DAY_MS),
      /** Above this, the oldest of them go before that. */
      maxBytes: z.int().min(0).default(20 * 1024 ** 3),
    })
    .prefault({}),
});
export type RunnerPolicy = z.infer<typeof RunnerPolicy>;

/**
 * @throws Error saying what to do, when the file is missing or others can write it; ContractError naming what does not fit
 */
export function readPolicy(path: string): RunnerPolicy {
  const value = readJson(path);
  if (value === null) throw new Error(`The runner needs a policy file: ${path} is missing. It names the repository roots and the programs that agents may use.`);
  if ((lstatSync(path).mode & 0o022) !== 0) throw new Error(`Others can write ${path}, and with it decide what runs on this machine. Run: chmod 600 ${path}`);
  return parseContract('policy.json', RunnerPolicy, value);
}
