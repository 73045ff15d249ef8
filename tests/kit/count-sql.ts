import pg from 'pg';

/**
 * The statements that work sends to PostgreSQL, seen where they leave this process; they are sent all the same.
 * Statements of whatever else runs meanwhile are counted too, so nothing else should.
 */
export async function countSql<T>(work: () => Promise<T>): Promise<{ result: T; statements: string[] }> {
  const statements: string[] = [];
  const original = pg.Client.prototype.query;
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const [query] = args as [string | { text?: string }];
    statements.push(typeof query === 'string' ? query : (query.text ?? ''));
    return (original as (...all: unknown[]) => unknown).apply(this, args);
  } as never;
  try {
    return { result: await work(), statements };
  } finally {
    pg.Client.prototype.query = original;
  }
}
