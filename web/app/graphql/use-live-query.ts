import type { AnyVariables, TypedDocumentNode } from '@urql/core';
import { useCallback } from 'react';
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
  return { data: state.data, error: state.error, fetching: state.fetching, stale: state.stale, refetch };
}
