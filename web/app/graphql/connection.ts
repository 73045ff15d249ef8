import { useSyncExternalStore } from 'react';

export type ConnectionPhase = 'idle' | 'connecting' | 'online' | 'reconnecting' | 'offline';

export interface ConnectionState {
  phase: ConnectionPhase;
  /** When the phase began, so that a blink is not announced. */
  sinceMs: number;
}

let state: ConnectionState = { phase: 'idle', sinceMs: 0 };
const listeners = new Set<() => void>();
const ON_SERVER: ConnectionState = { phase: 'idle', sinceMs: 0 };

/** Called by the socket. Coming back is `reconnecting`, not `connecting`, once there was a connection. */
export function setConnectionPhase(phase: ConnectionPhase): void {
  if (state.phase === phase) return;
  state = { phase, sinceMs: Date.now() };
  for (const listener of listeners) listener();
}

export function connectionPhase(): ConnectionPhase {
  return state.phase;
}

/** How live the page is. */
export function useConnection(): ConnectionState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
    () => ON_SERVER,
  );
}
