import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { ApiContext } from './context.ts';

/**
 * Subscriptions go over what ends with the session and is counted: sockets, and server-sent events (server.ts). Yoga
 * would also serve them in one answer of many parts.
 */
export function subscriptionsByStream(): Plugin<ApiContext> {
  return {
    onSubscribe({ args, setResultAndStopExecution }) {
      if ((args.contextValue as ApiContext).transport !== 'http') return;
      setResultAndStopExecution({
        errors: [
          new GraphQLError('Subscribe over a WebSocket (graphql-transport-ws), or with accept: text/event-stream.', {
            extensions: { code: 'QUERY_REJECTED' },
          }),
        ],
      });
    },
  };
}
