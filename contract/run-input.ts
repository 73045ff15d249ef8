/**
 * What an agent that works asks of people, and what they say to it. Both ends of the wire agree on these; the sizes are
 * what a runner cuts to before it asks.
 */
export const PERMISSION_STATUSES = ['pending', 'allowed', 'denied', 'expired', 'canceled'] as const;

/** This one time, or not: a rule that goes on being true is for the agent's configuration. */
export const PERMISSION_DECISIONS = ['allow_once', 'deny'] as const;
export type PermissionDecision = (typeof PERMISSION_DECISIONS)[number];

export const RUN_INPUT_KINDS = ['message', 'permission_answer'] as const;
export type RunInputKind = (typeof RUN_INPUT_KINDS)[number];

export const MAX_PERMISSION_KEY_CHARS = 200;
export const MAX_PERMISSION_TITLE_CHARS = 500;
export const MAX_PERMISSION_TARGET_CHARS = 1_000;
/** The whole command, or the diff: people decide by it. */
export const MAX_PERMISSION_DETAIL_CHARS = 64_000;
/** An agent that asks more often than this asks in a circle. */
export const MAX_RUN_PERMISSIONS = 1_000;
export const MAX_RUN_MESSAGES = 1_000;
export const MIN_ASK_TIMEOUT_MS = 1_000;
export const MAX_ASK_TIMEOUT_MS = 24 * 3_600_000;
/** A runner that takes what was said asks again until there is nothing more. */
export const MAX_TAKEN_INPUTS = 100;
