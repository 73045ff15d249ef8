import pg from 'pg';

/** What one statement read, as PostgreSQL counted it. */
export interface Reading {
  sql: string;
  /** Rows that scans of tables and indexes looked at, those that a filter threw away included. */
  rowsRead: number;
  rowsReturned: number;
  /** Tables that were read from end to end, with the rows of each. */
  wholeTables: { table: string; rows: number }[];
}

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: PlanNode[];
}

/**
 * Has PostgreSQL explain each query that work sends, right before it is carried out (twice, therefore: only what begins
 * with `select`). Queries of whatever else runs meanwhile are explained too, so nothing else should.
 * @returns what the queries read, in their order
 */
export async function explainSql<T>(work: () => Promise<T>): Promise<{ result: T; readings: Reading[] }> {
  const readings: Reading[] = [];
  const original = pg.Client.prototype.query as (this: pg.Client, ...args: unknown[]) => unknown;
  const explain = async (client: pg.Client, text: string, values: unknown[]): Promise<void> => {
    const query = { text: `explain (analyze, format json) ${text}`, values };
    const { rows } = (await original.call(client, query)) as { rows: { 'QUERY PLAN': { Plan: PlanNode }[] }[] };
    const [plan] = rows[0]?.['QUERY PLAN'] ?? [];
    if (!plan) throw new Error(`PostgreSQL did not explain: ${text}`);
    readings.push(read(text, plan.Plan));
  };
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const [query, given] = args as [string | { text?: string; values?: unknown[] }, unknown];
    const text = typeof query === 'string' ? query : (query.text ?? '');
    if (!/^\s*select\b/i.test(text)) return original.apply(this, args);
    const values = Array.isArray(given) ? given : typeof query === 'string' ? [] : (query.values ?? []);
    return explain(this, text, values).then(() => original.apply(this, args));
  } as never;
  try {
    return { result: await work(), readings };
  } finally {
    pg.Client.prototype.query = original as never;
  }
}

function read(sql: string, plan: PlanNode): Reading {
  const reading: Reading = { sql, rowsRead: 0, rowsReturned: plan['Actual Rows'] ?? 0, wholeTables: [] };
  const waiting = [plan];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    waiting.push(...(node.Plans ?? []));
    if (!node['Node Type'].endsWith('Scan') || node['Node Type'] === 'Bitmap Index Scan') continue;
    const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
    const rows = ((node['Actual Rows'] ?? 0) + removed) * (node['Actual Loops'] ?? 1);
    reading.rowsRead += rows;
    const table = node['Relation Name'];
    if (node['Node Type'] === 'Seq Scan' && table !== undefined) reading.wholeTables.push({ table, rows });
  }
  return reading;
}
