import type { AnyVariables, TypedDocumentNode } from '@urql/core';
import { useEffect, useState } from 'react';
import { useLiveQuery, type LiveQuery } from './use-live-query.ts';

/** As often as the server notes which runners it hears. */
const POLL_MS = 5_000;

export interface PolledQuery<Data, Variables extends AnyVariables> extends LiveQuery<Data, Variables> {
  /** The last answer was none: `data` is that of an earlier one. */
  isOutOfDate: boolean;
}

/** A page's query about what no event tells of: asks again every few seconds while somebody looks, and keeps what it knows when no answer comes. */
export function usePolledQuery<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): PolledQuery<Data, Variables> {
  const live = useLiveQuery(query, variables, { requestPolicy: 'cache-and-network' });
  const { refetch } = live;
  const answer = live.error === undefined ? live.data : undefined;
  const [kept, setKept] = useState(answer);
  if (answer !== undefined && answer !== kept) setKept(answer);
  useEffect(() => {
    const look = (): void => {
      if (document.visibilityState === 'visible') refetch();
    };
    const timer = setInterval(look, POLL_MS);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [refetch]);
  return { ...live, data: answer ?? kept ?? live.data, isOutOfDate: live.error !== undefined && kept !== undefined };
}
