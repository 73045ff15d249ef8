import { useEffect } from 'react';

const listeners = new Set<() => void>();

/** The server could not replay what was missed: everything on the page asks again. */
export function announceResync(): void {
  for (const listener of listeners) listener();
}

/** Runs when what is shown may be out of date and no event will say so. */
export function useResync(refetch: () => void): void {
  useEffect(() => {
    listeners.add(refetch);
    return () => void listeners.delete(refetch);
  }, [refetch]);
}
