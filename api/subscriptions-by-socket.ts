import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { ApiContext } from './context.ts';

/**
 * Yoga would also serve subscriptions as server-sent events. Those know nothing of what holds for sockets: that they
 * end with the session, how many there may be, how far a slow reader may stay behind.
 */
export function subscriptionsBySocket(): Plugin<ApiContext> {
  return {
    onSubscribe({ args, setResultAndStopExecution }) {
      if ((args.contextValue as ApiContext).transport === 'socket') return;
      setResultAndStopExecution({
        errors: [
          new GraphQLError('Subscribe over a WebSocket (graphql-transport-ws).', {
            extensions: { code: 'QUERY_REJECTED' },
          }),
        ],
      });
    },
  };
}
