import argon2 from 'argon2';
import { MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS } from '#contract/limits.ts';
import { InvalidInputError } from '#core/errors/errors.ts';

/** OWASP's second recommendation for argon2id: 19 MiB, two passes, one lane; about 30 ms on a small machine. */
const OPTIONS = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const MAX_PARALLEL = 2;

let running = 0;
const waiting: (() => void)[] = [];

/** Hashing fills a core: at most two at once, so that logins never starve the rest of the process. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  // Looked at again after waiting: somebody who did not have to wait may have been quicker.
  while (running >= MAX_PARALLEL) await new Promise<void>((resolve) => waiting.push(resolve));
  running += 1;
  try {
    return await work();
  } finally {
    running -= 1;
    waiting.shift()?.();
  }
}

export async function hashPassword(password: string): Promise<string> {
  if (password.length < MIN_PASSWORD_CHARS || password.length > MAX_PASSWORD_CHARS) {
    throw new InvalidInputError([
      { path: ['password'], message: `A password has ${MIN_PASSWORD_CHARS} to ${MAX_PASSWORD_CHARS} characters` },
    ]);
  }
  return inTurn(() => argon2.hash(password, OPTIONS));
}

let decoy: Promise<string> | null = null;

/**
 * Compares in the same time whether the account exists or not.
 * @param hash null for an unknown account: a decoy is verified, and the answer is false
 */
export async function verifyPassword(hash: string | null, password: string): Promise<boolean> {
  decoy ??= argon2.hash('no account has this password', OPTIONS);
  const against = hash ?? (await decoy);
  // Longer ones are never stored; hashing a megabyte would be a gift to an attacker.
  // A password that is too long stays too long: cut at a character it could become the right one.
  // eslint-disable-next-line no-restricted-syntax -- see above; what is cut is not kept
  const isRight = await inTurn(async () => argon2.verify(against, password.slice(0, MAX_PASSWORD_CHARS + 1)));
  return isRight && hash !== null;
}
