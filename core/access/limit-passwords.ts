import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import {
  LOGIN_ATTEMPTS_AN_ACCOUNT,
  LOGIN_ATTEMPTS_AN_ADDRESS,
  LOGIN_FREE_ATTEMPTS,
  LOGIN_MAX_DELAY_S,
  LOGIN_WINDOW_S,
  UNKNOWN_ADDRESSES_AN_HOUR,
} from '#core/config/limits.ts';
import { RateLimitedError } from '#core/errors/errors.ts';
import type { Core } from '#core/platform/core.ts';

const HOUR_S = 3_600;
const KNOWN_S = 30 * 86_400;

const limiters = new WeakMap<Core, Limiters>();
type Limiters = ReturnType<typeof makeLimiters>;

/** Counts in Redis, for all api processes together; while Redis is away each process counts for itself. */
function makeLimiters(core: Core) {
  const limiter = (keyPrefix: string, points: number, duration: number): RateLimiterRedis =>
    new RateLimiterRedis({
      storeClient: core.redis,
      keyPrefix: `${core.redisPrefix}:${keyPrefix}`,
      points,
      duration,
      // Without this a login would wait for Redis as long as a command may take, and longer than a request.
      rejectIfRedisNotReady: true,
      insuranceLimiter: new RateLimiterMemory({ keyPrefix, points, duration }),
    });
  return {
    /** Wrong passwords from one address, whatever the account. */
    address: limiter('login-address', LOGIN_ATTEMPTS_AN_ADDRESS, LOGIN_WINDOW_S),
    /** Wrong passwords for one account from addresses it is not known from. */
    account: limiter('login-account', LOGIN_ATTEMPTS_AN_ACCOUNT, HOUR_S),
    /** Wrong passwords for one account from one address: how long the next pause is. */
    wrong: limiter('login-wrong', Number.MAX_SAFE_INTEGER, HOUR_S),
    /** The pause that is running. */
    pause: limiter('login-pause', 1, LOGIN_MAX_DELAY_S),
    /** That an account has been signed in to from an address. */
    known: limiter('login-known', Number.MAX_SAFE_INTEGER, KNOWN_S),
    /** Addresses without an account that somebody who is signed in has tried. */
    unknownAddress: limiter('unknown-address', UNKNOWN_ADDRESSES_AN_HOUR, HOUR_S),
  };
}

function limitersOf(core: Core): Limiters {
  const made = limiters.get(core) ?? makeLimiters(core);
  limiters.set(core, made);
  return made;
}

export interface Attempt {
  /** It was right: what was counted is taken back. */
  forgive(): Promise<void>;
}

/**
 * Counts an attempt to sign in before the password is looked at. Nobody can shut another one out: pauses grow for an
 * account *and* an address together, and where an account has been signed in to before it can always be tried.
 * @throws RateLimitedError with the time to wait
 */
export async function limitLogins(core: Core, account: string, from: string): Promise<Attempt> {
  const { address: byAddress, account: byAccount, known } = limitersOf(core);
  const address = networkOf(from);
  const pair = pairOf(account, address);
  await refusing(() => byAddress.consume(address));
  const pause = await growingPause(core, pair);
  const isKnown = (await known.get(pair)) !== null;
  if (!isKnown) await refusing(() => byAccount.consume(account));
  return {
    async forgive() {
      await Promise.all([pause.forgive(), byAddress.reward(address), known.set(pair, 1, KNOWN_S)]);
      if (!isKnown) await byAccount.reward(account);
    },
  };
}

/** The same for who is signed in and says the password again. @throws RateLimitedError */
export function limitPasswordChecks(core: Core, userId: string): Promise<Attempt> {
  return growingPause(core, pairOf(userId, 'signed in'));
}

/**
 * Counts that somebody who is signed in asks whether an address has an account, before it is looked at. Right ones take
 * back themselves alone: the wrong ones before stay counted. @throws RateLimitedError
 */
export async function limitAddressTrials(core: Core, userId: string): Promise<Attempt> {
  const { unknownAddress } = limitersOf(core);
  await refusing(() => unknownAddress.consume(userId));
  return {
    async forgive() {
      await unknownAddress.reward(userId);
    },
  };
}

/** The first wrong passwords cost nothing; after each further one the next has to wait, twice as long each time. */
async function growingPause(core: Core, key: string): Promise<Attempt> {
  const { wrong, pause } = limitersOf(core);
  const count = (await wrong.penalty(key)).consumedPoints;
  if (count >= LOGIN_FREE_ATTEMPTS) {
    const seconds = Math.min(2 ** (count - LOGIN_FREE_ATTEMPTS + 1), LOGIN_MAX_DELAY_S);
    // One of many at once begins the pause and goes on; the others are in it.
    await refusing(() => pause.consume(key, 1, { customDuration: seconds })).catch(async (error: unknown) => {
      await wrong.reward(key);
      throw error;
    });
  }
  return {
    async forgive() {
      await Promise.all([wrong.delete(key), pause.delete(key)]);
    },
  };
}

async function refusing(consume: () => Promise<unknown>): Promise<void> {
  try {
    await consume();
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    throw new RateLimitedError(`Too many attempts. Try again in ${inWords(error.msBeforeNext)}.`, error.msBeforeNext);
  }
}

function inWords(ms: number): string {
  const seconds = Math.max(1, Math.ceil(ms / 1_000));
  const [count, unit] = seconds < 60 ? [seconds, 'second'] : [Math.ceil(seconds / 60), 'minute'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** Who has an IPv6 address has the 2^64 beside it too. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const [before, after] = [head, tail ?? ''].map((part) => (part === '' ? [] : part.split(':'))) as [
    string[],
    string[],
  ];
  const groups =
    tail === undefined ? before : [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}

function pairOf(account: string, address: string): string {
  return createHash('sha256').update(`${account}\n${address}`).digest('base64url');
}
