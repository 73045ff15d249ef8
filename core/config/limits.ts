/** Limits of the server, beside those of the contract. Source: security.md and data.md of the design. */
export const MAX_BODY_BYTES = 1024 * 1024;
/** A full log batch of control characters, each escaped to six bytes, still fits. */
export const MAX_RUNNER_BODY_BYTES = 2 * 1024 * 1024;
export const BODY_TIMEOUT_MS = 30_000;
export const UPLOAD_TIMEOUT_MS = 300_000;
export const MAX_UPLOAD_BYTES = 32 * 1024 * 1024;
/** Variables and the values in them: contracts need less than half of both. */
export const MAX_JSON_DEPTH = 32;
export const MAX_JSON_VALUES = 20_000;
export const MAX_QUERY_DEPTH = 10;
export const MAX_QUERY_TOKENS = 1_000;
export const MAX_QUERY_ALIASES = 15;
/** Values an answer may have at most: a hundred tasks with all of a hundred runs each. As many take the api about a second. */
export const MAX_QUERY_COST = 150_000;
export const EXECUTION_TIMEOUT_MS = 10_000;
/** What a socket may have before it that its other end has not taken; past it what follows is read from the rows again. */
export const MAX_QUEUED_BYTES = 256 * 1024;
export const MAX_SUBSCRIPTIONS_A_SOCKET = 50;
/** At one api process; a tab has one. */
export const MAX_SOCKETS_AN_ACCOUNT = 200;

export const MAX_PAGE_SIZE = 100;
/** Of a connection that is not told how long it should be. */
export const DEFAULT_PAGE_SIZE = 50;
export const MAX_LOG_PAGE_LINES = 2_000;
export const MAX_ACTIVITY_PAGE_ENTRIES = 200;

export const SESSION_IDLE_MS = 12 * 3_600_000;
export const SESSION_MAX_MS = 7 * 86_400_000;
/** Wrong passwords for one account from one address before each further one costs a pause, which doubles from 2 s. */
export const LOGIN_FREE_ATTEMPTS = 5;
export const LOGIN_MAX_DELAY_S = 15 * 60;
/** Wrong passwords from one address, over whatever accounts, in the window. */
export const LOGIN_ATTEMPTS_AN_ADDRESS = 20;
export const LOGIN_WINDOW_S = 15 * 60;
/** Wrong passwords for one account in an hour, from all the addresses it has not been signed in to from. */
export const LOGIN_ATTEMPTS_AN_ACCOUNT = 100;
/** Addresses without an account that somebody may ask about in an hour, as who takes people into a project does. */
export const UNKNOWN_ADDRESSES_AN_HOUR = 20;

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
