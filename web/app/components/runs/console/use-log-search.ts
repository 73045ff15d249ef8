import { useEffect, useState } from 'react';
import { searchLog, type SearchState } from './log-search.ts';
import type { LogStore } from './log-store.ts';

const IDLE: SearchState = { matches: [], searchedCount: 0, isDone: true };
/** Short enough to feel immediate, long enough that a word is typed once. */
const TYPING_MS = 120;

export interface LogSearch extends SearchState {
  query: string;
  setQuery(query: string): void;
  /** Position among the matches, from 0; -1 without any. */
  current: number;
  step(by: 1 | -1): void;
}

/** Search through a run's log; `onStep` is told the line to show. */
export function useLogSearch(store: LogStore, onStep: (seq: number) => void): LogSearch {
  const [query, setQuery] = useState('');
  const [state, setState] = useState(IDLE);
  const [chosen, setChosen] = useState(0);

  // The search reads a store outside React, in slices; it ends with the query or the run.
  useEffect(() => {
    setState({ ...IDLE, isDone: query === '' });
    setChosen(0);
    if (query === '') return;
    let stop = (): void => undefined;
    const timer = setTimeout(() => {
      stop = searchLog(store, query, setState);
    }, TYPING_MS);
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [store, query]);

  const current = state.matches.length === 0 ? -1 : Math.min(chosen, state.matches.length - 1);
  return {
    ...state,
    query,
    setQuery,
    current,
    step(by) {
      if (state.matches.length === 0) return;
      const next = (current + by + state.matches.length) % state.matches.length;
      setChosen(next);
      const seq = state.matches[next];
      if (seq !== undefined) onStep(seq);
    },
  };
}
