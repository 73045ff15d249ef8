import { makeOperation, mapExchange, type CombinedError, type Exchange, type OperationResult } from '@urql/core';
import { backOffMs } from '#contract/back-off.ts';
import { apiErrorFacts } from './api-error.ts';

const DELAYS = { baseDelayMs: 1_000, maxDelayMs: 15_000 };

/**
 * Stands before the cache: asks again what a page still shows and got no answer for. An event can make a page ask for
 * more while the network fails; nothing else would ever ask again, and the page would show less than there is.
 */
export function askAgain(delays = DELAYS): Exchange {
  return (input) => {
    const failed = new Map<number, { attempts: number; timer?: ReturnType<typeof setTimeout> }>();
    const settle = (key: number): void => {
      clearTimeout(failed.get(key)?.timer);
      failed.delete(key);
    };
    const look = ({ operation, error, stale }: OperationResult): void => {
      if (operation.kind !== 'query') return;
      const { key } = operation;
      if (!error || !isPassing(error)) {
        // What the cache says while it asks is no answer yet.
        if (!stale) settle(key);
        return;
      }
      const attempts = (failed.get(key)?.attempts ?? 0) + 1;
      settle(key);
      const timer = setTimeout(
        () =>
          input.client.reexecuteOperation(
            makeOperation('query', operation, { ...operation.context, requestPolicy: 'network-only' }),
          ),
        backOffMs(delays, attempts),
      );
      failed.set(key, { attempts, timer });
    };
    return mapExchange({
      onOperation({ kind, key }) {
        if (kind === 'teardown') settle(key);
      },
      onResult: look,
    })(input);
  };
}

/** No answer at all, or that there is none just now; a refusal stays one. */
function isPassing(error: CombinedError): boolean {
  return apiErrorFacts(error).code === 'UNAVAILABLE';
}
