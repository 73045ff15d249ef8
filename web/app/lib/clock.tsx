import { createContext, useContext, useSyncExternalStore, type ReactNode } from 'react';

/** The moment the server rendered the page: during hydration the browser must say the same. */
const RenderedAt = createContext<{ renderedAt: number; timeZone: string }>({ renderedAt: 0, timeZone: 'UTC' });

export function ClockProvider(props: { renderedAt: number; timeZone: string; children: ReactNode }) {
  return (
    <RenderedAt.Provider value={{ renderedAt: props.renderedAt, timeZone: props.timeZone }}>
      {props.children}
    </RenderedAt.Provider>
  );
}

interface Ticker {
  subscribe(listener: () => void): () => void;
  now(): number;
}

/** One timer for everything on the page that ticks at this pace; none when nobody looks. */
function createTicker(stepMs: number): Ticker {
  const listeners = new Set<() => void>();
  let now = 0;
  let timer: ReturnType<typeof setInterval> | null = null;
  const tick = (): void => {
    now = Date.now();
    for (const listener of listeners) listener();
  };
  return {
    subscribe(listener) {
      listeners.add(listener);
      timer ??= setInterval(tick, stepMs);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0 && timer) {
          clearInterval(timer);
          timer = null;
        }
      };
    },
    now() {
      // Without a timer the last tick may be long ago.
      if (timer === null || now === 0) now = Math.floor(Date.now() / stepMs) * stepMs;
      return now;
    },
  };
}

const seconds = createTicker(1_000);
const quarterMinutes = createTicker(15_000);

/** Now in milliseconds, again every second (`isLive`) or every quarter of a minute. */
export function useNow(isLive = false): number {
  const ticker = isLive ? seconds : quarterMinutes;
  const { renderedAt } = useContext(RenderedAt);
  return useSyncExternalStore(ticker.subscribe, ticker.now, () => renderedAt);
}

const never = (): (() => void) => () => undefined;

/** The person's time zone: from their cookie while hydrating, from the browser after. */
export function useTimeZone(): string {
  const { timeZone } = useContext(RenderedAt);
  return useSyncExternalStore(
    never,
    () => Intl.DateTimeFormat().resolvedOptions().timeZone,
    () => timeZone,
  );
}
