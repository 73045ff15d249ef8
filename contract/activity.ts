import { z } from 'zod';

/** What an agent does, as its own stream tells it: read by the runner, stored beside the raw lines. */
export const ACTIVITY_KINDS = ['message', 'thought', 'tool', 'plan', 'warning', 'retry', 'usage', 'other'] as const;

/** What a tool is for, whatever its program calls it. */
export const TOOL_KINDS = ['read', 'edit', 'search', 'execute', 'fetch', 'delegate', 'other'] as const;
export type ToolKind = (typeof TOOL_KINDS)[number];

/** `denied`: the program's own rules, or a person, did not let it through. */
export const TOOL_STATUSES = ['running', 'done', 'failed', 'denied'] as const;
export type ToolStatus = (typeof TOOL_STATUSES)[number];

export const FILE_CHANGES = ['added', 'changed', 'removed'] as const;
export const PLAN_STEP_STATUSES = ['pending', 'active', 'done'] as const;

export const MAX_ACTIVITY_TEXT_CHARS = 16_000;
export const MAX_ACTIVITY_TARGET_CHARS = 1_000;
/** Of what a tool answered: the whole of it stands in the raw lines. */
export const MAX_ACTIVITY_OUTPUT_CHARS = 4_000;
export const MAX_ACTIVITY_BATCH_ENTRIES = 200;
export const MAX_ACTIVITY_BATCH_BYTES = 512 * 1024;
/** Of one run: after so many, one warning says that the rest stands in the raw output. */
export const MAX_ACTIVITY_ENTRIES = 20_000;

/** Which thing it is about, counted from 0: several entries of one item tell how it goes on. */
const item = z.int().min(0).max(MAX_ACTIVITY_ENTRIES);
const text = z.string().max(MAX_ACTIVITY_TEXT_CHARS);
const name = z.string().min(1).max(200);
const count = z.int().min(0);

/**
 * One entry of a run's activity. Entries are numbered from 0 without gaps, as lines are. An entry replaces those of its
 * item before it; the texts of messages and thoughts are joined instead.
 */
export const ActivityEntry = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('message'), item, text }),
  z.strictObject({ kind: z.literal('thought'), item, text }),
  z.strictObject({
    kind: z.literal('tool'),
    item,
    /** As its program calls it. */
    name,
    toolKind: z.enum(TOOL_KINDS),
    status: z.enum(TOOL_STATUSES),
    /** The command, file, address or words it is about; null: it does not say. */
    target: z.string().max(MAX_ACTIVITY_TARGET_CHARS).nullable(),
    /** What it answered, cut short; null: nothing, or nothing yet. */
    output: z.string().max(MAX_ACTIVITY_OUTPUT_CHARS).nullable(),
    exitCode: z.int().nullable(),
    changes: z
      .array(z.strictObject({ path: z.string().max(MAX_ACTIVITY_TARGET_CHARS), change: z.enum(FILE_CHANGES) }))
      .max(100),
  }),
  z.strictObject({
    kind: z.literal('plan'),
    item,
    steps: z.array(z.strictObject({ text: z.string().max(500), status: z.enum(PLAN_STEP_STATUSES) })).max(100),
  }),
  z.strictObject({ kind: z.literal('warning'), item, text }),
  /** It tries a call of its model again by itself. */
  z.strictObject({ kind: z.literal('retry'), item, text }),
  /** The whole run's so far. */
  z.strictObject({
    kind: z.literal('usage'),
    item,
    inputTokens: count,
    cachedInputTokens: count,
    outputTokens: count,
    costUsd: z.number().min(0).nullable(),
  }),
  /** An event that its reader does not know: a new version of a program loses nothing. */
  z.strictObject({ kind: z.literal('other'), item, name, text }),
]);
export type ActivityEntry = z.infer<typeof ActivityEntry>;
