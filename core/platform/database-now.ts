import type { Queryable } from './db.ts';

/**
 * The time by the database's clock, in the milliseconds that JavaScript counts. Times that decide or order something
 * are this one's: processes run on machines whose clocks differ, and jump.
 */
export async function databaseNow(db: Queryable): Promise<Date> {
  const [row] = await db.$queryRaw<{ now: Date }[]>`select date_trunc('milliseconds', clock_timestamp()) as now`;
  if (!row) throw new Error('Expected the database to tell its time, found nothing');
  return row.now;
}
