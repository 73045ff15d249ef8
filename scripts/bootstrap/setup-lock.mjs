import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeLock } from './data-directory.mjs';

class HeldError extends Error {}

/**
 * Two systems may start from one clone at once: one of them installs and builds while the other one waits.
 * @template T
 * @param {string} rootDir
 * @param {import('./progress.mjs').Progress} progress
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withSetupLock(rootDir, progress, work) {
  const folder = path.join(rootDir, '.cache');
  mkdirSync(folder, { recursive: true });
  const take = () => takeLock(path.join(folder, 'setup.lock'), (pid) => new HeldError(`process ${pid}`));
  const release = tryTake(take) ?? (await progress.step('Another set-up of this clone', () => waitFor(take)));
  try {
    return await work();
  } finally {
    release();
  }
}

/** @param {() => () => void} take */
async function waitFor(take) {
  for (;;) {
    const release = tryTake(take);
    if (release) return release;
    await sleep(100);
  }
}

/** @param {() => () => void} take */
function tryTake(take) {
  try {
    return take();
  } catch (error) {
    if (error instanceof HeldError) return undefined;
    throw error;
  }
}
