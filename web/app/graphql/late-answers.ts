import { makeOperation, mapExchange, type Exchange, type Operation, type OperationResult } from '@urql/core';

/** Events that change no list and nothing that is worked out: what they tell of is followed by itself. */
const QUIET: readonly string[] = ['AgentRunLogAppendedEvent', 'AgentRunActivityAppendedEvent'];
const DELAYS = { firstMs: 100, maxMs: 3_000 };

interface EventData {
  projectEvents?: { __typename: string };
}

/**
 * Stands behind the cache: asks once more for what was answered late. An answer may be older than an event that comes
 * before it; in what has no revision of its own (lists, counts, sums) it would undo what the event has put there, and
 * nothing would put it right. Where events do not cease, the distance grows, and what comes last is true.
 */
export function lateAnswers({ firstMs, maxMs } = DELAYS): Exchange {
  return (input) => {
    /** What was asked and not answered, and whether an event came since. */
    const asked = new Map<number, { isLate: boolean }>();
    const again = new Map<number, { times: number; timer: ReturnType<typeof setTimeout> }>();
    const forget = (key: number): void => {
      clearTimeout(again.get(key)?.timer);
      again.delete(key);
    };
    const askAgain = (operation: Operation): void => {
      const { key } = operation;
      const times = again.get(key)?.times ?? 0;
      forget(key);
      const timer = setTimeout(
        () =>
          input.client.reexecuteOperation(
            makeOperation('query', operation, { ...operation.context, requestPolicy: 'network-only' }),
          ),
        Math.min(firstMs * 2 ** times, maxMs),
      );
      again.set(key, { times: times + 1, timer });
    };
    const look = ({ operation, data }: OperationResult<EventData>): void => {
      const { kind, key } = operation;
      if (kind === 'subscription') {
        const event = data?.projectEvents?.__typename;
        if (event !== undefined && !QUIET.includes(event)) for (const one of asked.values()) one.isLate = true;
        return;
      }
      const isLate = asked.get(key)?.isLate ?? false;
      asked.delete(key);
      if (isLate) askAgain(operation);
      else forget(key);
    };
    return mapExchange({
      onOperation({ kind, key }) {
        if (kind === 'query') asked.set(key, { isLate: false });
        if (kind !== 'teardown') return;
        asked.delete(key);
        forget(key);
      },
      onResult: look,
    })(input);
  };
}
