/** Limits of the server, beside those of the contract. Source: security.md and data.md of the design. */
/** A full log batch of control characters, each escaped to six bytes, still fits. */
export const MAX_BODY_BYTES = 2 * 1024 * 1024;
export const MAX_UPLOAD_BYTES = 32 * 1024 * 1024;
export const MAX_QUERY_DEPTH = 10;
export const MAX_QUERY_TOKENS = 1_000;
export const MAX_QUERY_ALIASES = 15;
/** Of the text alone: it multiplies by each `first` that is written out. What lists inside of lists may read is bounded by rows. */
export const MAX_QUERY_COST = 100_000;
export const EXECUTION_TIMEOUT_MS = 10_000;
export const MAX_SUBSCRIPTIONS_A_SOCKET = 50;

export const MAX_PAGE_SIZE = 100;
export const MAX_LOG_PAGE_LINES = 2_000;

export const SESSION_IDLE_MS = 12 * 3_600_000;
export const SESSION_MAX_MS = 7 * 86_400_000;
export const LOGIN_ATTEMPTS_AN_ACCOUNT = 5;
export const LOGIN_ATTEMPTS_AN_ADDRESS = 20;
export const LOGIN_WINDOW_S = 15 * 60;

/** Events a follower may be behind before it is told to load everything anew. */
export const MAX_REPLAY_EVENTS = 10_000;
export const REPLAY_PAGE_EVENTS = 500;
/** Messages a follower may leave unread before it goes back to the rows. */
export const MAX_UNREAD_MESSAGES = 1_000;

/** Time after a lease's end before the server takes the run away: the keeper has killed the programs by then. */
export const LEASE_MARGIN_MS = 2_000;
/** How long the console of a lost run is kept open for the tail that its runner may still bring: a machine that was asleep or cut off. */
export const TAIL_WAIT_MS = 30 * 60_000;
/** Silence after which a runner counts as unreachable. */
export const RUNNER_SILENCE_MS = 10_000;
