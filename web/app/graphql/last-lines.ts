import { useSyncExternalStore } from 'react';

/**
 * The last log line of runs that are at work, for the cards of the board. Lines come by the hundred; the cards hear of them
 * a few times a second, and nothing of it goes through the cache.
 */
const NOTICE_MS = 250;
const MAX_RUNS = 200;

const lines = new Map<string, string>();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | null = null;

export function setLastLine(runId: string, message: string): void {
  lines.delete(runId);
  lines.set(runId, message);
  if (lines.size > MAX_RUNS) lines.delete([...lines.keys()][0] ?? '');
  timer ??= setTimeout(() => {
    timer = null;
    for (const listener of listeners) listener();
  }, NOTICE_MS);
}

export function useLastLine(runId: string | null): string | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => (runId ? (lines.get(runId) ?? null) : null),
    () => null,
  );
}
