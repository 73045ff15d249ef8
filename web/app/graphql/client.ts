import { CSRF_HEADER } from '#contract/http-names.ts';
import { Client, fetchExchange, mapExchange, ssrExchange, type SSRData } from '@urql/core';
import { isUnauthenticated } from './api-error.ts';
import { askAgain } from './ask-again.ts';
import { createCacheExchange } from './cache-exchange.ts';
import { lateAnswers } from './late-answers.ts';
import { liveSubscriptions } from './live-subscription.ts';
import { newestExchange } from './newest-exchange.ts';
import { repeatingFetch } from './repeating-fetch.ts';
import { lateReasonsExchange } from './waiting-reasons.ts';
import { leaveForSignIn } from '~/lib/leave-for-sign-in.ts';

let browserClient: Client | null = null;

/** The client of this page: one for its whole life in the browser, one for each rendering on the server. */
export function pageClient(ssrData: SSRData): Client {
  if (typeof document === 'undefined') return createRenderingClient(ssrData);
  browserClient ??= createBrowserClient(ssrData);
  return browserClient;
}

function createBrowserClient(ssrData: SSRData): Client {
  return new Client({
    url: '/graphql',
    exchanges: [
      mapExchange({
        onError(error) {
          if (isUnauthenticated(error)) leaveForSignIn();
        },
      }),
      askAgain(),
      createCacheExchange(),
      newestExchange(),
      lateAnswers(),
      lateReasonsExchange(),
      ssrExchange({ isClient: true, initialState: ssrData }),
      liveSubscriptions(),
      fetchExchange,
    ],
    preferGetMethod: false,
    fetchOptions: { headers: { [CSRF_HEADER]: '1' }, credentials: 'same-origin' },
    fetch: repeatingFetch((resource, init) => fetch(resource, init)),
  });
}

/** Reads what the loaders have fetched, and asks nobody: what they did not fetch is asked for by the browser. */
function createRenderingClient(ssrData: SSRData): Client {
  return new Client({
    url: 'http://render.invalid/graphql',
    exchanges: [createCacheExchange(), ssrExchange({ isClient: true, initialState: ssrData }), fetchExchange],
    preferGetMethod: false,
    fetch: () => new Promise(() => undefined),
  });
}
