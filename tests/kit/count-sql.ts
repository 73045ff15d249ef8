import pg from 'pg';

export interface SqlCount<T> {
  result: T;
  statements: string[];
  /** All that PostgreSQL has sent. */
  rowCount: number;
}

/**
 * The statements that work sends to PostgreSQL, seen where they leave this process; they are sent all the same.
 * Statements of whatever else runs meanwhile are counted too, so nothing else should.
 */
export async function countSql<T>(work: () => Promise<T>): Promise<SqlCount<T>> {
  const statements: string[] = [];
  let rowCount = 0;
  const original = pg.Client.prototype.query;
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
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
    const answer = (original as (...all: unknown[]) => unknown).apply(this, args);
    if (answer instanceof Promise) answer.then(count, () => undefined);
    return answer;
  } as never;
  try {
    return { result: await work(), statements, rowCount };
  } finally {
    pg.Client.prototype.query = original;
  }
}
