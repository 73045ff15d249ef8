import type { Core } from '#core/platform/core.ts';

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
 * Hears how each statement of a core was carried out (the module auto_explain of PostgreSQL). To be called before the
 * core has sent anything.
 * @returns what the statements of a piece of work read, in their order
 */
export function watchPlans(core: Core): <T>(work: () => Promise<T>) => Promise<{ result: T; readings: Reading[] }> {
  let readings: Reading[] = [];
  core.pool.on('connect', (client) => {
    client.on('notice', ({ message }) => {
      const json = /^duration: .*? plan:\s*(\{.*\})\s*$/s.exec(message ?? '')?.[1];
      if (json !== undefined) readings.push(read(JSON.parse(json) as { 'Query Text': string; Plan: PlanNode }));
    });
    void client.query(`load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_analyze = on;
      set auto_explain.log_format = json; set auto_explain.log_nested_statements = on; set client_min_messages = log`);
  });
  return async (work) => {
    readings = [];
    const result = await work();
    return { result, readings };
  };
}

function read({ 'Query Text': sql, Plan: plan }: { 'Query Text': string; Plan: PlanNode }): Reading {
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
