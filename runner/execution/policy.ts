import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { explainIssue } from '#contract/explain-issue.ts';
import { absolutePath, envName, glob, label, path } from '#contract/fields.ts';
import { readJson } from './write-json.ts';

/** Files that hold secrets by custom: neither changed by a run nor read as an artifact, whatever an agent's config allows. */
const DEFAULT_DENIED_GLOBS = [
  '**/.env',
  '**/.env.!(example|sample|template)',
  '**/*.pem',
  '**/*.key',
  '**/*.p12',
  '**/*.pfx',
  '**/*.jks',
  '**/*.keystore',
  '**/id_{rsa,dsa,ecdsa,ed25519}',
  '**/.ssh/**',
  '**/.aws/**',
  '**/.gnupg/**',
  '**/.netrc',
  '**/.git-credentials',
  '**/credentials',
  '**/credentials.{json,yml,yaml,toml}',
  '**/secrets.{json,yml,yaml,toml}',
  '**/.git/**',
];

const DAY_MS = 86_400_000;

/** In the runner's folder. */
export const POLICY_FILE = 'policy.json';

const Executable = z.strictObject({
  /** Where the program is; absent: found once on the runner's own PATH. */
  path: absolutePath.optional(),
  /** Arguments put before those of the agent's command. */
  args: z.array(z.string()).max(50).default([]),
});

const homePath = path.refine(
  (value) => !value.startsWith('/') && !value.split('/').includes('..'),
  'A path below the home',
);

/** Log-ins and configuration of well-known agents; keys, tokens of registries and shells' start-up files are not among them. */
const DEFAULT_HOME_PATHS = [
  '.claude',
  '.claude.json',
  '.codex',
  '.gemini',
  '.config/opencode',
  '.local/share/opencode',
  '.aider.conf.yml',
  '.config/goose',
  '.local/share/goose',
  '.qwen',
  '.config/amp',
  '.cursor',
  '.gitconfig',
  '.config/git',
];
/** Where their programs renew a log-in and keep their conversations: read-only, they would have to log in again and again. */
const DEFAULT_WRITABLE_HOME_PATHS = [
  '.claude',
  '.claude.json',
  '.codex',
  '.gemini',
  '.local/share/opencode',
  '.local/share/goose',
  '.qwen',
];

const SandboxPolicy = z.strictObject({
  /** `auto`: wherever one works; `required`: runs fail where none does; `off`: never. */
  mode: z.enum(['auto', 'required', 'off']).default('auto'),
  /** What agents may be shown of the home, each with everything below it. */
  homePaths: z.array(homePath).max(200).default(DEFAULT_HOME_PATHS),
  /** Which of that they may also change. */
  writableHomePaths: z.array(homePath).max(200).default(DEFAULT_WRITABLE_HOME_PATHS),
  /** More folders of this machine that every run may read, such as a shared tool chain. */
  readablePaths: z.array(absolutePath).max(200).default([]),
  /** More folders that every run may change, such as a package manager's cache. */
  writablePaths: z.array(absolutePath).max(200).default([]),
  /** False: no agent gets the network, whatever its config says. */
  network: z.boolean().default(true),
});

/**
 * What the owner of this machine allows, `policy.json` in the runner's folder. The control plane can ask for
 * less, never for more.
 */
export const RunnerPolicy = z.strictObject({
  /** Agents may work in repositories below these folders. */
  roots: z.array(absolutePath).max(200),
  /** The programs that agents' commands may name. */
  executables: z.record(
    z
      .string()
      .min(1)
      .regex(/^[^/\0]+$/, 'A name, not a path'),
    Executable,
  ),
  /** Variables that agents may take over from the runner's environment. */
  envNames: z.array(envName).max(200).default([]),
  /** Variables whose values are secret wherever they appear in a log. */
  secretEnvNames: z.array(envName).max(200).default([]),
  deniedGlobs: z.array(glob).max(500).default(DEFAULT_DENIED_GLOBS),
  /**
   * Git filters whose programs may run when files go in or out of a repository: as the user's own Git configuration
   * defines them, never as a repository does. Changed files that need another are refused by name.
   */
  filters: z.array(z.string().min(1).max(100)).max(50).default(['lfs']),
  /** What this machine is good for; agents can ask for labels. */
  labels: z.array(label).max(20).default([]),
  /** Runs at once. */
  capacity: z.int().min(1).max(64).default(2),
  /** Repositories that belong to another user of this machine are refused unless this is on. */
  allowOtherOwners: z.boolean().default(false),
  sandbox: SandboxPolicy.prefault({}),
  limits: z
    .strictObject({
      maxRunTimeoutMs: z
        .int()
        .min(100)
        .max(7 * DAY_MS)
        .default(DAY_MS),
      maxLogBytes: z
        .int()
        .min(1_024)
        .max(1024 ** 3)
        .default(1024 ** 3),
      /** A run ends when its disk has less than this left. */
      minFreeBytes: z
        .int()
        .min(0)
        .default(64 * 1024 ** 2),
      maxArtifactBytes: z
        .int()
        .min(0)
        .max(1024 ** 3)
        .default(10 * 1024 ** 2),
      /** Ceilings of a run: memory in bytes, processes, processors. Null: none but the agent's own. */
      maxMemoryBytes: z
        .int()
        .min(64 * 1024 ** 2)
        .nullable()
        .default(null),
      maxProcesses: z.int().min(8).nullable().default(null),
      maxCpus: z.number().min(0.1).nullable().default(null),
    })
    .prefault({}),
  /** When the folders of finished tasks are removed. */
  workFolders: z
    .strictObject({
      /** After the task is done, canceled or archived; a day, so that one can still look in. */
      graceMs: z
        .int()
        .min(0)
        .max(365 * DAY_MS)
        .default(DAY_MS),
      /** Above this, the oldest of them go before that. */
      maxBytes: z
        .int()
        .min(0)
        .default(20 * 1024 ** 3),
    })
    .prefault({}),
});
export type RunnerPolicy = z.infer<typeof RunnerPolicy>;

/**
 * @throws Error saying what to do, when the file is missing or others can write it, or naming what does not fit
 */
export function readPolicy(path: string): RunnerPolicy {
  const value = readJsonOrExplain(path);
  if (value === null)
    throw new Error(
      `The runner needs a policy file: ${path} is missing. It names the repository roots and the programs that agents may use.`,
    );
  if ((lstatSync(path).mode & 0o022) !== 0)
    throw new Error(`Others can write ${path}, and with it decide what runs on this machine. Run: chmod 600 ${path}`);
  const parsed = RunnerPolicy.safeParse(value, { error: explainIssue });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(
    `policy.json does not fit: ${issue?.path.join('.') || 'the top'}: ${issue?.message ?? 'it is not valid'}`,
  );
}

/**
 * Ends a refusal with what its reader can do about it.
 * @param change for example `add "/home/me/code" to "roots"`
 */
export function withHint(refusal: string, change: string, runnerFolder: string): string {
  return `${refusal}. To allow it, ${change} in ${join(runnerFolder, POLICY_FILE)}; it is read anew at once`;
}

/** Ends a refusal with where that is decided, when nobody is to be talked into changing it. @param setting for example `roots` */
export function withSetting(refusal: string, setting: string, runnerFolder: string): string {
  return `${refusal}. What it allows is "${setting}" in ${join(runnerFolder, POLICY_FILE)}`;
}

function readJsonOrExplain(path: string): unknown {
  try {
    return readJson(path);
  } catch (error) {
    throw new Error(`policy.json does not fit: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
