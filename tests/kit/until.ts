import { setTimeout as sleep } from 'node:timers/promises';

/** Looks until the condition holds: for what tells nobody that it has changed. Fails loudly, with what was found last. */
export async function until<T>(
  look: () => Promise<T> | T,
  condition: (found: T) => boolean,
  timeoutMs = 10_000,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (condition(found)) return found;
    if (performance.now() > end)
      throw new Error(
        `Waited ${timeoutMs} ms; found ${JSON.stringify(found, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value))?.slice(0, 2_000)}`,
      );
    await sleep(10);
  }
}

/** The error a promise ends with. */
export async function errorOf(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  const value = await promise.then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  );
  if ('result' in value) throw new Error(`Expected a failure, found ${JSON.stringify(value.result)}`);
  return value.error as Error & Record<string, unknown>;
}
