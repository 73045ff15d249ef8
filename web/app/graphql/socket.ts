import { createClient, type Client as SocketClient } from 'graphql-ws';
import { backOffMs } from '#contract/back-off.ts';
import { connectionPhase, setConnectionPhase } from './connection.ts';
import { leaveForSignIn } from '~/lib/leave-for-sign-in.ts';
import { noteCause } from './waiting-reasons.ts';

const PING_MS = 10_000;
const PONG_TIMEOUT_MS = 5_000;
const LAST_SOCKET_LINGERS_MS = 3_000;
const RETRY_DELAYS = { baseDelayMs: 250, maxDelayMs: 8_000 };
/** Close codes with which the API ends a socket whose session has ended. */
const SESSION_ENDED = new Set([4401, 4403]);

let client: SocketClient | null = null;

/** The one socket of this page, opened with the first subscription. It comes back by itself for as long as the page lives. */
export function socket(): SocketClient {
  client ??= create();
  return client;
}

function create(): SocketClient {
  let wake: (() => void) | null = null;
  let pongTimer: ReturnType<typeof setTimeout> | null = null;
  let operations = 0;
  const made = createClient({
    // Counted from 1 in each tab: what many follow then is the very same bytes for most of them.
    generateID: () => String((operations += 1)),
    url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`,
    lazyCloseTimeout: LAST_SOCKET_LINGERS_MS,
    keepAlive: PING_MS,
    retryAttempts: Number.POSITIVE_INFINITY,
    shouldRetry: (event) => !(event instanceof CloseEvent && SESSION_ENDED.has(event.code)),
    // Waits longer each time, with jitter; ends at once when the machine is back online or the page is looked at again.
    retryWait: (retries) =>
      new Promise((resolve) => {
        const timer = setTimeout(done, backOffMs(RETRY_DELAYS, retries + 1));
        function done(): void {
          clearTimeout(timer);
          wake = null;
          resolve();
        }
        wake = done;
      }),
    on: {
      connecting: () =>
        setConnectionPhase(connectionPhase() === 'idle' ? 'connecting' : navigator.onLine ? 'reconnecting' : 'offline'),
      connected: () => {
        setConnectionPhase('online');
        // Events are repeated from the cursor on, notices are not.
        noteCause();
      },
      // A dead network closes nothing by itself: without a pong the socket is given up.
      ping: (received) => {
        if (!received) pongTimer = setTimeout(() => made.terminate(), PONG_TIMEOUT_MS);
      },
      pong: (received) => {
        if (received && pongTimer) clearTimeout(pongTimer);
      },
      closed: (event) => {
        if (pongTimer) clearTimeout(pongTimer);
        const { code, wasClean } = event as CloseEvent;
        if (SESSION_ENDED.has(code)) return leaveForSignIn();
        setConnectionPhase(wasClean && code === 1000 ? 'idle' : navigator.onLine ? 'reconnecting' : 'offline');
      },
    },
  });
  addEventListener('online', () => {
    if (connectionPhase() === 'offline') setConnectionPhase('reconnecting');
    wake?.();
  });
  addEventListener('offline', () => {
    setConnectionPhase('offline');
    made.terminate();
  });
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') wake?.();
  });
  return made;
}
