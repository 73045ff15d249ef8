/** Sizes and times that both ends of a wire must agree on. Source: runs.md of the design, docs/decisions/0004-runs-and-logs.md. */
export const MAX_LOG_BATCH_LINES = 1_000;
export const MAX_LOG_BATCH_BYTES = 256 * 1024;
export const MAX_LOG_LINE_BYTES = 16 * 1024;
export const DEFAULT_MAX_LOG_BYTES = 50 * 1024 * 1024;

export const DEFAULT_LEASE_MS = 60_000;
export const MIN_LEASE_MS = 10_000;
export const MAX_LEASE_MS = 3_600_000;

export const DEFAULT_RUN_TIMEOUT_MS = 30 * 60_000;
export const DEFAULT_GRACE_MS = 5_000;

export const MAX_TITLE_CHARS = 200;
export const MAX_DESCRIPTION_CHARS = 20_000;
export const MAX_PROJECT_DESCRIPTION_CHARS = 2_000;
export const MAX_MESSAGE_CHARS = 20_000;
/** Why a task is blocked. */
export const MAX_REASON_CHARS = 2_000;
/** How a run ended, in words. */
export const MAX_RUN_MESSAGE_CHARS = 2_000;
export const MIN_PASSWORD_CHARS = 8;
export const MAX_PASSWORD_CHARS = 200;
/** A hundred years. */
export const MAX_RETENTION_DAYS = 36_500;
/** Of what people write into the state document. */
export const MAX_STATE_LINE_CHARS = 500;
export const MAX_STATE_NOTE_CHARS = 20_000;
export const MAX_PINNED_ACTIONS = 50;
/** What a runner tells of checkouts besides how a merge went. */
export const MAX_LANDING_NOTE_CHARS = 4_000;
export const MAX_CRITERIA = 20;
export const MAX_CRITERION_CHARS = 1_000;
export const MAX_NAME_CHARS = 120;
export const MAX_PATH_CHARS = 1_024;
/** Of a board, and so of one of its columns. */
export const MAX_BOARD_CARDS = 1_000;
export const MAX_DIFF_BYTES = 20 * 1024 * 1024;

/** Of a recording, and of a part of its upload. */
export const MAX_RECORDING_BYTES = 200 * 1024 * 1024;
export const MAX_RECORDING_PART_BYTES = 4 * 1024 * 1024;
/** About four hours of speech. */
export const MAX_TRANSCRIPT_CHARS = 200_000;
export const MAX_SEGMENTS = 10_000;
