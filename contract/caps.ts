import { z } from 'zod';

/** Each is optional: null is no cap. To let nothing run at all, a project is paused and an agent disabled. */
export const Caps = z.strictObject({
  /** Runs that have started. */
  runs: z.int().min(1, 'At least one run').max(1_000_000).nullable().default(null),
  /** Time that runs have worked, all together. */
  wallSeconds: z.int().min(1, 'At least one second').max(100_000_000).nullable().default(null),
  /** Tokens in and out, those from the cache included, where the agent's program reports them. */
  tokens: z.int().min(1, 'At least one token').max(1_000_000_000_000).nullable().default(null),
  /** Of the runs whose cost is known. */
  costUsd: z.number().min(0.01, 'At least a cent').max(10_000_000).nullable().default(null),
});
export type Caps = z.infer<typeof Caps>;

/** What one agent may use. A day is one of UTC, and a run counts on the day on which it ends. */
export const AgentCaps = z.strictObject({ perDay: Caps.prefault({}) });
export type AgentCaps = z.infer<typeof AgentCaps>;

/** What may be used in a project. Stored as `projects.caps`. */
export const ProjectCaps = z.strictObject({
  /** All agents together. */
  perDay: Caps.prefault({}),
  /** Each task, on one day. */
  perTaskDay: Caps.prefault({}),
  /** Each task in all. */
  perTask: Caps.prefault({}),
  /** Runs of all its agents at work at once; null: what agents and runners allow. */
  runsAtOnce: z.int().min(1, 'At least one run').max(1_000).nullable().default(null),
});
export type ProjectCaps = z.infer<typeof ProjectCaps>;
