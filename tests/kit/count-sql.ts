import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';

export interface SqlCount<T> {
  result: T;
  statements: string[];
  /** All that PostgreSQL has sent. */
  rowCount: number;
}

/** Which count the calls belong to that are being made. */
const counting = new AsyncLocalStorage<symbol>();

/**
 * The statements that work itself sends to PostgreSQL, as it would without anybody beside it: those of an API in this
 * process, which looks around now and then, are not counted. Not for what is asked over HTTP: that is another's work.
 */
export function countOwnSql<T>(work: () => Promise<T>): Promise<SqlCount<T>> {
  const own = Symbol('own');
  return countSql(
    () => counting.run(own, work),
    () => counting.getStore() === own,
  );
}

/**
 * The statements that work sends to PostgreSQL, seen where they leave this process; they are sent all the same.
 * Statements of whatever else runs meanwhile are counted too, so nothing else should.
 */
export async function countSql<T>(work: () => Promise<T>, isCounted: () => boolean = () => true): Promise<SqlCount<T>> {
  const statements: string[] = [];
  let rowCount = 0;
  const original = pg.Client.prototype.query;
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const ask = (): unknown => (original as (...all: unknown[]) => unknown).apply(this, args);
    if (!isCounted()) return ask();
    const [query] = args as [string | { text?: string }];
    statements.push(typeof query === 'string' ? query : (query.text ?? ''));
    const count = (result: pg.QueryResult | undefined): void => {
      rowCount += result?.rows.length ?? 0;
    };
    // A pool asks with a callback, a client of one's own with a promise.
    const callback = args.at(-1);
    if (typeof callback === 'function')
      args[args.length - 1] = (error: unknown, result: pg.QueryResult | undefined) => {
        count(result);
        (callback as (...all: unknown[]) => void)(error, result);
      };
    const answer = ask();
    if (answer instanceof Promise) answer.then(count, () => undefined);
    return answer;
  } as never;
  try {
    return { result: await work(), statements, rowCount };
  } finally {
    pg.Client.prototype.query = original;
  }
}
