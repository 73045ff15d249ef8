import { cacheExchange } from '@urql/exchange-graphcache';
import type { Exchange } from '@urql/core';
import { cacheKeys } from './cache-keys.ts';
import { cacheUpdates, optimisticAnswers } from './cache-updates.ts';
import { graphcacheSchema } from './gql/graphcache-schema.ts';

/** The normalised cache; the same on server and browser, as it shapes the documents that name an operation. */
export function createCacheExchange(): Exchange {
  return cacheExchange({
    schema: graphcacheSchema,
    keys: cacheKeys,
    updates: cacheUpdates,
    optimistic: optimisticAnswers,
  });
}
