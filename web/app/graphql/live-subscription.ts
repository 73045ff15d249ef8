import { subscriptionExchange, type Exchange } from '@urql/core';
import type { ExecutionResult } from 'graphql-ws';
import { socket } from './socket.ts';

interface CursoredData {
  projectEvents?: { __typename: string; cursor: string | null };
}

/**
 * Carries subscriptions over the socket. One that takes a cursor (`after`) goes on after the last event it has delivered whenever the socket comes
 * back: the payload is read again for each attempt. What was delivered already is dropped.
 */
export function liveSubscriptions(): Exchange {
  return subscriptionExchange({
    forwardSubscription(request) {
      return {
        subscribe(sink) {
          const variables = (request.variables ?? {}) as Record<string, unknown>;
          let after = typeof variables['after'] === 'string' ? variables['after'] : null;
          const payload = {
            query: request.query ?? '',
            get variables() {
              return 'after' in variables ? { ...variables, after } : variables;
            },
          };
          const next = (result: ExecutionResult): void => {
            const event = (result.data as CursoredData | null | undefined)?.projectEvents;
            if (event?.cursor) {
              if (after !== null && event.__typename !== 'ResyncEvent' && BigInt(event.cursor) <= BigInt(after)) return;
              after = event.cursor;
            }
            sink.next(result);
          };
          return {
            unsubscribe: socket().subscribe(payload, {
              next,
              error: (error) => sink.error(error),
              complete: () => sink.complete(),
            }),
          };
        },
      };
    },
  });
}
