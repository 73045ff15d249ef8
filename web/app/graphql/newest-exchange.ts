import { mapExchange, type Exchange } from '@urql/core';
import { keepNewest, type NewestValues } from './keep-newest.ts';

/** Stands right behind the cache: nothing that is older than what the page knows gets into it. */
export function newestExchange(): Exchange {
  const newest: NewestValues = new Map();
  return mapExchange({ onResult: ({ data }) => keepNewest(newest, data) });
}
