import { z } from 'zod';
import { CarryRule, EnvValues, RunLimits, SandboxNeeds } from './agent-config.ts';
import { AGENT_READERS, RUN_KINDS, STDIN_MODES, TASK_TYPES } from './enums.ts';
import {
  absolutePath,
  acceptanceCriteria,
  argv,
  commitHash,
  description,
  envName,
  glob,
  id,
  refName,
  sessionId,
} from './fields.ts';

/** What a runner is given with a claim: everything it needs for one attempt, and nothing it must ask for later. */
export const RunSpec = z.strictObject({
  runId: id,
  taskId: id.nullable(),
  /** What people call the task: SHOP-12. */
  taskShortId: z.string().max(30).nullable().default(null),
  /** Null without a task. What it is decides whether the agent's report is the result. */
  taskType: z.enum(TASK_TYPES).nullable(),
  projectId: id,
  agentId: id,
  agentName: z.string().min(1),
  kind: z.enum(RUN_KINDS),
  attempt: z.int().min(1),
  lease: z.strictObject({ token: z.string().min(20).max(200), durationMs: z.int().min(1) }),
  /** Where the agent works: the granted repository, or a folder in it. */
  repoRoot: absolutePath,
  /** The repository that is granted to the project on this runner. The runner holds `repoRoot`, links followed, against it. */
  grantedRoot: absolutePath,
  /** Null: the branch that is checked out in the repository when the run starts. */
  baseBranch: refName.nullable(),
  /** The branch this attempt writes; for a merge, the branch that is merged. */
  branch: refName,
  /** The branch of an earlier attempt to continue from; null: the base branch. */
  startFromBranch: refName.nullable(),
  /** For a merge: exactly this commit was approved. */
  mergeCommit: commitHash.nullable(),
  /** For a merge: the commit of the base that the reviewed diff was made against. */
  reviewedBaseCommit: commitHash.nullable(),
  inPlace: z.boolean(),
  setup: z.array(argv).max(20),
  carry: z.array(CarryRule).max(50),
  sandbox: SandboxNeeds,
  commands: z.array(argv).max(20),
  /** The session that the last command goes on with, and what it had used before; null: the agent begins anew. */
  session: z
    .strictObject({
      id: sessionId,
      inputTokens: z.int().min(0),
      cachedInputTokens: z.int().min(0),
      outputTokens: z.int().min(0),
      costUsd: z.number().min(0),
    })
    .nullable()
    .default(null),
  stdin: z.enum(STDIN_MODES),
  reader: z.enum(AGENT_READERS).default('plain'),
  env: z.array(envName).max(100),
  envValues: EnvValues.default({}),
  allowedRoots: z.array(absolutePath).max(50),
  allowedGlobs: z.array(glob).min(1).max(100),
  deniedGlobs: z.array(glob).max(100),
  artifactGlobs: z.array(glob).max(50),
  limits: RunLimits,
  prompt: z.strictObject({
    title: z.string(),
    description,
    acceptanceCriteria,
    feedback: z.string().nullable(),
    /** Standing instructions of the agent: its text, or the file in the repository that holds them. */
    agentPrompt: z.union([z.strictObject({ text: z.string() }), z.strictObject({ file: z.string() })]).nullable(),
    model: z.string().nullable(),
    conversation: z.array(z.strictObject({ role: z.string(), content: z.string() })).max(20),
  }),
  stateDocument: z
    .strictObject({ version: z.int().min(1), format: z.enum(['yaml', 'json']), text: z.string() })
    .nullable(),
});
export type RunSpec = z.infer<typeof RunSpec>;
