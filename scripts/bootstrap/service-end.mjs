import { tailOf } from './files.mjs';
import { StartFailure } from './start-failure.mjs';

/**
 * Rejects when a service ends while it is needed: every test that is left would only wait for it. Whoever does not wait
 * for this is not ended by it: where no suite runs nobody does, and at the very end all of them end.
 * @param {{ own: Record<string, { exited: Promise<string>, logFile: string }> }} services
 * @param {AbortSignal} stopping the end of a service is expected from then on
 * @returns {Promise<never>}
 */
export function serviceEnd({ own }, stopping) {
  const end = new Promise((_resolve, reject) => {
    for (const [name, { exited, logFile }] of Object.entries(own)) {
      void exited.then((how) => {
        const logTail = stopping.aborted ? [] : tailOf(logFile, 12);
        reject(new StartFailure(`${name} ended while the tests ran (${how}).`, { logTail }));
      });
    }
  });
  end.catch(() => undefined);
  return /** @type {Promise<never>} */ (end);
}
