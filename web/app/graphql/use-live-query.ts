import type { AnyVariables, TypedDocumentNode } from '@urql/core';
import { useCallback, useEffect, useRef } from 'react';
import { useQuery, type UseQueryState } from 'urql';
import { useResync } from './resync.ts';

export interface LiveQuery<Data, Variables extends AnyVariables> extends Pick<
  UseQueryState<Data, Variables>,
  'data' | 'error' | 'fetching' | 'stale'
> {
  refetch(): void;
}

/**
 * A page's query. What the loader fetched is there at once; events keep it true; after a resync it asks again by itself.
 * @param options.isPaused asks nothing yet
 */
export function useLiveQuery<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  { isPaused = false, requestPolicy }: { isPaused?: boolean; requestPolicy?: 'cache-and-network' } = {},
): LiveQuery<Data, Variables> {
  const [state, execute] = useQuery({ query, variables, pause: isPaused, ...(requestPolicy ? { requestPolicy } : {}) });
  const refetch = useCallback(() => execute({ requestPolicy: 'network-only' }), [execute]);
  useResync(refetch);
  return { data: useWhole(state), error: state.error, fetching: state.fetching, stale: state.stale, refetch };
}

/**
 * The data without gaps. Where an event has made a field unknown, the cache hands on what is left, which may be no more
 * than a null high up, while it asks for the rest: a page that took that for the truth would fall down, with what
 * somebody types in it.
 */
function useWhole<Data, Variables extends AnyVariables>({
  data,
  operation,
}: UseQueryState<Data, Variables>): Data | undefined {
  const whole = useRef<{ key: number; data: Data | undefined } | null>(null);
  const isPartial = operation?.context.meta?.cacheOutcome === 'partial';
  // Not while it is rendered: what is rendered may be thrown away, and a page that is taken over from the server may not.
  useEffect(() => {
    if (operation && !isPartial) whole.current = { key: operation.key, data };
  });
  return isPartial && whole.current?.key === operation?.key ? whole.current?.data : data;
}
