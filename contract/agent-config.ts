import { z } from 'zod';
import { AgentCaps } from './caps.ts';
import { envValueRefusal } from './env-values.ts';
import { AGENT_READERS, CARRY_MODES, REVIEW_POLICIES, STDIN_MODES } from './enums.ts';
import { absolutePath, argv, envName, glob, label, path, refName } from './fields.ts';
import {
  DEFAULT_GRACE_MS,
  DEFAULT_LEASE_MS,
  DEFAULT_MAX_LOG_BYTES,
  DEFAULT_RUN_TIMEOUT_MS,
  MAX_LEASE_MS,
  MIN_LEASE_MS,
} from './limits.ts';
import { hasPlaceholder } from './placeholders.ts';

const DAY_MS = 86_400_000;

/** How failed attempts are repeated: exponential backoff with jitter between `baseDelayMs` and `maxDelayMs`. */
export const RetryPolicy = z.strictObject({
  /** All attempts together; 1 means no retry. */
  maxAttempts: z.int().min(1).max(20).default(1),
  baseDelayMs: z.int().min(0).max(DAY_MS).default(5_000),
  maxDelayMs: z.int().min(0).max(DAY_MS).default(300_000),
});
export type RetryPolicy = z.infer<typeof RetryPolicy>;

export const RunLimits = z.strictObject({
  runTimeoutMs: z
    .int()
    .min(100)
    .max(7 * DAY_MS)
    .default(DEFAULT_RUN_TIMEOUT_MS),
  /** Time without a line of output after which the run is ended; null: never. */
  idleTimeoutMs: z.int().min(100).max(DAY_MS).nullable().default(null),
  /** Time between SIGTERM and SIGKILL. */
  graceMs: z.int().min(0).max(600_000).default(DEFAULT_GRACE_MS),
  maxLogBytes: z
    .int()
    .min(1_024)
    .max(1024 ** 3)
    .default(DEFAULT_MAX_LOG_BYTES),
  /** Memory of all its processes together where cgroups can be written, of each of them elsewhere; null: no limit but the policy's. */
  maxMemoryBytes: z
    .int()
    .min(64 * 1024 ** 2)
    .max(1024 ** 4)
    .nullable()
    .default(null),
  /** Processes and threads at once; null: no limit but the policy's. */
  maxProcesses: z.int().min(8).max(100_000).nullable().default(null),
  /** Processors it may use up, 1.5 for one and a half; null: all. Needs cgroups that can be written. */
  maxCpus: z.number().min(0.1).max(1_024).nullable().default(null),
});
export type RunLimits = z.infer<typeof RunLimits>;

/** Ignored files of the user's checkout that a task's folder gets too: what a glob matches, as a link or as a copy. Secrets never. */
export const CarryRule = z.strictObject({ glob, how: z.enum(CARRY_MODES).default('link') });
export type CarryRule = z.infer<typeof CarryRule>;

/** What an agent needs of the machine when it runs in a sandbox. The runner's policy decides whether it gets it. */
export const SandboxNeeds = z.strictObject({
  /** False: no network but its own loopback. */
  network: z.boolean().default(true),
  /** Files and folders of the home it needs, such as its own configuration and log-in: `.claude`, `.config/tool`. */
  homePaths: z
    .array(path.refine((value) => !value.startsWith('/') && !value.split('/').includes('..'), 'A path below the home'))
    .max(50)
    .default([]),
});
export type SandboxNeeds = z.infer<typeof SandboxNeeds>;

const MAX_ENV_VALUE_CHARS = 8_192;
const MAX_ENV_VALUES = 100;

/** Fixed values of variables, by their names. They are stored and shown like the rest of a configuration: never secrets. */
export const EnvValues = z
  .record(
    envName,
    z
      .string()
      .max(MAX_ENV_VALUE_CHARS)
      .refine((value) => !value.includes('\0'), 'A value has no NUL'),
  )
  .refine((values) => Object.keys(values).length <= MAX_ENV_VALUES, `At most ${MAX_ENV_VALUES} variables`);

/** How one agent is executed. Stored as `agents.config_json`. */
export const AgentConfig = z.strictObject({
  /** The preset that the program's part was taken from, as it was then; null: none. */
  preset: z
    .strictObject({ name: z.string().min(1).max(60), version: z.int().min(1) })
    .nullable()
    .default(null),
  model: z.string().max(200).nullable().default(null),
  /** Standing instructions put before every task: the text itself, or a file in the repository. */
  prompt: z
    .union(
      [z.strictObject({ text: z.string().max(20_000) }), z.strictObject({ file: path })],
      'Write { "text": "…" } or { "file": "a path in the repository" }',
    )
    .nullable()
    .default(null),
  /** Null: the project's default repository. */
  repoRoot: absolutePath.nullable().default(null),
  /** When not empty, `repoRoot` must lie inside one of these. The runner's own policy file holds in any case. */
  allowedRoots: z.array(absolutePath).max(50).default([]),
  /** Null: the repository's current branch when the run starts. */
  baseBranch: refName.nullable().default(null),
  /** The last one is the agent. Arguments may be placeholders: `{model}`, `{promptFile}` (see placeholders.ts). */
  commands: z.array(argv).min(1, 'An agent needs at least one command').max(20),
  /** In place of the last command, where an attempt goes on in the session of the one before; null: each begins anew. */
  resume: argv
    .refine(
      (command) => hasPlaceholder(command, 'session'),
      'The command says with {session} which session it goes on with',
    )
    .nullable()
    .default(null),
  /** Commands that make a fresh task folder ready, such as `npm ci`; they run once for each folder, before `commands`. */
  setup: z.array(argv).max(20).default([]),
  carry: z.array(CarryRule).max(50).default([]),
  sandbox: SandboxNeeds.prefault({}),
  stdin: z.enum(STDIN_MODES).default('prompt'),
  /** How the last command's standard output is understood. */
  reader: z.enum(AGENT_READERS).default('plain'),
  /** Names of variables taken over from the runner's environment; its policy must list them too. */
  env: z.array(envName).max(100).default([]),
  /** Variables with a fixed value, such as DISABLE_AUTOUPDATER. Everybody who may see the agent sees them: never secrets. */
  envValues: EnvValues.superRefine((values, issues) => {
    for (const name of Object.keys(values)) {
      const message = envValueRefusal(name);
      if (message !== null) issues.addIssue({ code: 'custom', path: [name], message });
    }
  }).default({}),
  allowedGlobs: z.array(glob).min(1).max(100).default(['**']),
  deniedGlobs: z.array(glob).max(100).default([]),
  artifactGlobs: z.array(glob).max(50).default([]),
  limits: RunLimits.prefault({}),
  leaseMs: z.int().min(MIN_LEASE_MS).max(MAX_LEASE_MS).default(DEFAULT_LEASE_MS),
  retry: RetryPolicy.prefault({}),
  /** Labels that a runner must have to be given this agent's runs. */
  labels: z.array(label).max(20).default([]),
  /** Live runs of this agent at once. */
  concurrency: z.int().min(1).max(100).default(2),
  /** What it may use on a day. */
  caps: AgentCaps.prefault({}),
  review: z.enum(REVIEW_POLICIES).default('required'),
  /** A folder without Git: run in the folder itself; no branch, no diff, no merge. */
  inPlace: z.boolean().default(false),
});
export type AgentConfig = z.infer<typeof AgentConfig>;
