import { useSyncExternalStore } from 'react';

/**
 * The last log line of runs that are at work, and what their agents do, for the cards of the board. Both come by the
 * hundred; the cards hear of them a few times a second, and nothing of it goes through the cache.
 */
const NOTICE_MS = 250;
const MAX_RUNS = 200;

class Newest<Value> {
  readonly #values = new Map<string, Value>();
  readonly #listeners = new Set<() => void>();
  #isTelling = false;

  set(runId: string, value: Value): void {
    this.#values.delete(runId);
    this.#values.set(runId, value);
    if (this.#values.size > MAX_RUNS) this.#values.delete([...this.#values.keys()][0] ?? '');
    if (this.#isTelling) return;
    this.#isTelling = true;
    setTimeout(() => {
      this.#isTelling = false;
      for (const listener of this.#listeners) listener();
    }, NOTICE_MS);
  }

  get(runId: string): Value | undefined {
    return this.#values.get(runId);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}

const lines = new Newest<string>();
const doings = new Newest<string | null>();

export const setLastLine = (runId: string, message: string): void => lines.set(runId, message);
export const setDoing = (runId: string, words: string | null): void => doings.set(runId, words);

export function useLastLine(runId: string): string | null {
  return useSyncExternalStore(
    lines.subscribe,
    () => lines.get(runId) ?? null,
    () => null,
  );
}

/**
 * What the agent of a run does now, in words; null: it does not say.
 * @param known as it was read with the page; what came since is newer
 */
export function useDoing(runId: string, known: string | null): string | null {
  const newest = useSyncExternalStore(
    doings.subscribe,
    () => doings.get(runId),
    () => undefined,
  );
  return newest === undefined ? known : newest;
}
