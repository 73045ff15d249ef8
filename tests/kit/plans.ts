import pg from 'pg';

/** What one statement read, as PostgreSQL counted it. */
export interface Reading {
  sql: string;
  /** Rows that scans of tables and indexes looked at, those that a filter threw away included. */
  rowsRead: number;
  /** Rows that came back, or that were written. */
  rowsReturned: number;
  /** Pages of 8 KiB that were looked at: what an index was searched through for is in no count of rows. */
  pagesRead: number;
  executionMs: number;
  /** Tables that were read from end to end, with the rows of each. */
  wholeTables: { table: string; rows: number }[];
  plan: PlanNode;
}

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  'Shared Hit Blocks'?: number;
  'Shared Read Blocks'?: number;
  Plans?: PlanNode[];
}
interface Explained {
  Plan: PlanNode;
  'Execution Time': number;
}

const QUERIES = /^\s*select\b/i;
const STATEMENTS = /^\s*(select|with|insert|update|delete)\b/i;

interface ExplainOptions {
  /** Also those that write: carried out and taken back first. */
  hasWrites?: boolean;
}

/**
 * Has PostgreSQL explain each query that work sends, with its parameters, right before it is carried out (twice,
 * therefore). What other work sends meanwhile is explained too, so nothing else should.
 * @returns what the queries read, in their order
 */
export async function explainSql<T>(
  work: () => Promise<T>,
  { hasWrites = false }: ExplainOptions = {},
): Promise<{ result: T; readings: Reading[] }> {
  const readings: Reading[] = [];
  const failures: unknown[] = [];
  const original = pg.Client.prototype.query as (this: pg.Client, ...args: unknown[]) => unknown;
  const send = (client: pg.Client, query: unknown): Promise<pg.QueryResult> =>
    original.call(client, query) as Promise<pg.QueryResult>;
  const explain = async (client: pg.Client, text: string, values: unknown[]): Promise<void> => {
    const query = { text: `explain (analyze, buffers, format json) ${text}`, values };
    const { rows } = (await (hasWrites ? takenBack(client, send, query) : send(client, query))) as {
      rows: { 'QUERY PLAN': Explained[] }[];
    };
    const [explained] = rows[0]?.['QUERY PLAN'] ?? [];
    if (!explained) throw new Error(`PostgreSQL did not explain: ${text}`);
    readings.push(read(text, explained));
  };
  const explained = hasWrites ? STATEMENTS : QUERIES;
  // A client that is lent sends one statement behind the other, as it was asked to: explaining takes its time.
  const ends = new WeakMap<pg.Client, Promise<unknown>>();
  pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
    const [query, given] = args as [string | { text?: string; values?: unknown[] }, unknown];
    const text = typeof query === 'string' ? query : (query.text ?? '');
    const before = ends.get(this);
    if (!explained.test(text) && !before) return original.apply(this, args);
    const values = Array.isArray(given) ? given : typeof query === 'string' ? [] : (query.values ?? []);
    const turn = (before ?? Promise.resolve()).then(() => (explained.test(text) ? explain(this, text, values) : null));
    // The statement itself is sent in any case: whoever waits for its callback is to hear of it.
    const answer = turn.catch((error: unknown) => failures.push(error)).then(() => original.apply(this, args));
    const end = answer.then(
      () => undefined,
      () => undefined,
    );
    ends.set(this, end);
    void end.then(() => ends.get(this) === end && ends.delete(this));
    return answer;
  } as never;
  try {
    const result = await work();
    if (failures.length > 0) throw new AggregateError(failures, 'PostgreSQL did not explain every statement');
    return { result, readings };
  } finally {
    pg.Client.prototype.query = original as never;
  }
}

/** Carries a statement out, and takes back what it has done: in the transaction that is open, or in one of its own. */
async function takenBack(
  client: pg.Client,
  send: (client: pg.Client, query: unknown) => Promise<pg.QueryResult>,
  query: unknown,
): Promise<pg.QueryResult> {
  const isOpen = (client as unknown as { _txStatus: string | null })._txStatus === 'T';
  await send(client, isOpen ? 'savepoint explained' : 'begin');
  try {
    return await send(client, query);
  } finally {
    await send(client, isOpen ? 'rollback to savepoint explained' : 'rollback');
  }
}

function read(sql: string, { Plan: plan, 'Execution Time': executionMs }: Explained): Reading {
  const reading: Reading = {
    sql,
    rowsRead: 0,
    rowsReturned: plan['Actual Rows'] ?? 0,
    pagesRead: (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0),
    executionMs,
    wholeTables: [],
    plan,
  };
  const waiting = [plan];
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    waiting.push(...(node.Plans ?? []));
    if (node['Node Type'] === 'ModifyTable') reading.rowsReturned += node.Plans?.[0]?.['Actual Rows'] ?? 0;
    if (!node['Node Type'].endsWith('Scan') || node['Node Type'] === 'Bitmap Index Scan') continue;
    const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
    const rows = ((node['Actual Rows'] ?? 0) + removed) * (node['Actual Loops'] ?? 1);
    reading.rowsRead += rows;
    const table = node['Relation Name'];
    if (node['Node Type'] === 'Seq Scan' && table !== undefined) reading.wholeTables.push({ table, rows });
  }
  return reading;
}
