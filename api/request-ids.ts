import { AsyncLocalStorage } from 'node:async_hooks';
import { newId } from '#core/platform/ids.ts';

/** The id of the request that is being served, for errors that are raised far from it. */
export const requestIds = new AsyncLocalStorage<string>();

export function currentRequestId(): string {
  return requestIds.getStore() ?? newId();
}
