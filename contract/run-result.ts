import { z } from 'zod';
import { MAX_RUN_MESSAGE_CHARS } from './limits.ts';
import { RUN_REASONS, RUN_REASONS_BY_STATUS, TERMINAL_RUN_STATUSES } from './enums.ts';
import { commitHash, id, refName, sessionId } from './fields.ts';

/** A moment as `Date.toISOString` writes it. */
const utcTime = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'A time in UTC: 2026-01-31T12:00:00.000Z')
  .refine((text) => !Number.isNaN(Date.parse(text)), 'There is no such time');

/** What an attempt cost. Tokens and cost only where the agent reports them. */
export const RunMetrics = z.strictObject({
  wallSeconds: z.number().min(0),
  cpuSeconds: z.number().min(0).nullable(),
  peakMemoryBytes: z.int().min(0).nullable(),
  lines: z.int().min(0),
  /** Those from the cache included. */
  inputTokens: z.int().min(0).nullable().default(null),
  cachedInputTokens: z.int().min(0).nullable().default(null),
  outputTokens: z.int().min(0).nullable().default(null),
  costUsd: z.number().min(0).nullable().default(null),
});
export type RunMetrics = z.infer<typeof RunMetrics>;

/** What the attempt did to the repository. */
export const RunGitOutcome = z.strictObject({
  baseBranch: refName,
  branch: refName,
  baseCommit: commitHash,
  headCommit: commitHash,
  filesChanged: z.int().min(0),
  additions: z.int().min(0),
  deletions: z.int().min(0),
});
export type RunGitOutcome = z.infer<typeof RunGitOutcome>;

/** What a runner hands back when an attempt has ended. */
export const RunResult = z
  .strictObject({
    runId: id,
    status: z.enum(TERMINAL_RUN_STATUSES),
    reason: z.enum(RUN_REASONS),
    /** One sentence for people. */
    message: z.string().min(1).max(MAX_RUN_MESSAGE_CHARS),
    exitCode: z.int().nullable(),
    /** When the agent may be tried again (quota, rate_limited); null: it does not say. */
    resetsAt: utcTime.nullable().default(null),
    summary: z.string().max(10_000).nullable(),
    /** The agent's session, as it names it itself: the next attempt may go on with it. */
    sessionId: sessionId.nullable().default(null),
    metrics: RunMetrics,
    /** All lines of this run's log: the run is not finished before the last one is stored. */
    lineCount: z.int().min(0),
    git: RunGitOutcome.nullable(),
    /** Files in conflict (merge_conflict) or outside the allowed globs (denied_change). */
    paths: z.array(z.string().max(4_096)).max(1_000),
  })
  .refine((r) => (RUN_REASONS_BY_STATUS[r.status] as readonly string[]).includes(r.reason), {
    path: ['reason'],
    message: 'This reason does not belong to this status',
  });
export type RunResult = z.infer<typeof RunResult>;
