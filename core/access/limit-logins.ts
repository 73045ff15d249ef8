import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { LOGIN_ATTEMPTS_AN_ACCOUNT, LOGIN_ATTEMPTS_AN_ADDRESS, LOGIN_WINDOW_S } from '#core/config/limits.ts';
import { RateLimitedError } from '#core/errors/errors.ts';
import type { Core } from '#core/platform/core.ts';

const limiters = new WeakMap<Core, { account: RateLimiterRedis; address: RateLimiterRedis }>();

/** Counts in Redis, for all api processes together; while Redis is away each process counts for itself. */
function limitersOf(core: Core): { account: RateLimiterRedis; address: RateLimiterRedis } {
  const known = limiters.get(core);
  if (known) return known;
  const limiter = (keyPrefix: string, points: number): RateLimiterRedis =>
    new RateLimiterRedis({
      storeClient: core.redis,
      keyPrefix: `${core.redisPrefix}:${keyPrefix}`,
      points,
      duration: LOGIN_WINDOW_S,
      // Without this a login would wait for Redis as long as a command may take, and longer than a request.
      rejectIfRedisNotReady: true,
      insuranceLimiter: new RateLimiterMemory({ keyPrefix, points, duration: LOGIN_WINDOW_S }),
    });
  const made = {
    account: limiter('login-account', LOGIN_ATTEMPTS_AN_ACCOUNT),
    address: limiter('login-address', LOGIN_ATTEMPTS_AN_ADDRESS),
  };
  limiters.set(core, made);
  return made;
}

/**
 * Counts an attempt to sign in before the password is looked at.
 * @returns `forgive` takes the account's count back after a success
 * @throws RateLimitedError with the time to wait
 */
export async function limitLogins(core: Core, account: string, address: string): Promise<{ forgive(): Promise<void> }> {
  const { account: byAccount, address: byAddress } = limitersOf(core);
  try {
    await byAddress.consume(address);
    await byAccount.consume(account);
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error;
    const minutes = Math.max(1, Math.ceil(error.msBeforeNext / 60_000));
    throw new RateLimitedError(
      `Too many attempts to sign in. Try again in ${minutes} minute${minutes === 1 ? '' : 's'}.`,
      error.msBeforeNext,
    );
  }
  return {
    async forgive() {
      await byAccount.delete(account);
      await byAddress.reward(address);
    },
  };
}
