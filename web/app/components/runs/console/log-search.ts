import { plainLine } from './ansi.ts';
import { PAGE_LINES, type LogStore } from './log-store.ts';

/** Longest stretch of work before the page gets its turn: under half a frame. */
const SLICE_MS = 6;

export interface SearchState {
  /** Numbers of the lines that match, ascending. */
  matches: readonly number[];
  /** Lines looked at so far. */
  searchedCount: number;
  isDone: boolean;
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

/**
 * Looks through all lines of a run, fetching what is not here yet, in slices that leave the page responsive. Lines that arrive later are looked at as well.
 * @returns stops the search
 */
export function searchLog(store: LogStore, query: string, onState: (state: SearchState) => void): () => void {
  const needle = query.toLowerCase();
  const matches: number[] = [];
  let next = 0;
  let isStopped = false;
  let isRunning = false;

  const run = async (): Promise<void> => {
    if (isRunning) return;
    isRunning = true;
    while (!isStopped && next < store.lineCount) {
      const page = Math.floor(next / PAGE_LINES);
      if (!store.hasPage(page) && !store.line(next)) {
        await store.loadPage(page);
        if (!store.line(next)) break;
      }
      const endsAt = performance.now() + SLICE_MS;
      while (next < store.lineCount && performance.now() < endsAt) {
        const line = store.line(next);
        if (!line) break;
        if (plainLine(line.message).toLowerCase().includes(needle)) matches.push(next);
        next++;
      }
      if (isStopped) return;
      onState({ matches: [...matches], searchedCount: next, isDone: next >= store.lineCount });
      await pause();
    }
    isRunning = false;
    if (!isStopped) onState({ matches: [...matches], searchedCount: next, isDone: true });
  };
  const unsubscribe = store.subscribe(() => {
    if (next < store.lineCount) void run();
  });
  void run();
  return () => {
    isStopped = true;
    unsubscribe();
  };
}

/** Cuts a text at every occurrence of a needle: [before, hit, between, hit, after]; hits are the odd ones. */
export function splitByMatch(text: string, query: string): string[] {
  const needle = query.toLowerCase();
  const lower = text.toLowerCase();
  // A few letters change their length with their case; then positions would not fit.
  if (needle === '' || lower.length !== text.length) return [text];
  const parts: string[] = [];
  let from = 0;
  for (let at = lower.indexOf(needle); at !== -1; at = lower.indexOf(needle, from)) {
    parts.push(text.slice(from, at), text.slice(at, at + needle.length));
    from = at + needle.length;
  }
  return [...parts, text.slice(from)];
}
