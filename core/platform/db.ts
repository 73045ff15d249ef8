import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient } from '#prisma/generated/client/client.ts';
import type { Prisma } from '#prisma/generated/client/client.ts';
import { watchConnections } from './watch-connections.ts';

export type Database = PrismaClient;
/** The client inside a transaction, or outside of one: what a read may be given. */
export type Queryable = Prisma.TransactionClient;

export interface DatabaseHandles {
  prisma: PrismaClient;
  /** The same connections, for the few hot statements that are written as SQL. */
  pool: pg.Pool;
  close(): Promise<void>;
}

/** What takes longer than this is a mistake or a lock that is never given back; a client has long had its answer. */
const STATEMENT_TIMEOUT_MS = 30_000;

/** Opens the pool. Nothing is sent before the first query. */
export function openDatabase(
  url: string,
  options: { maxConnections?: number; onError: (error: Error) => void },
): DatabaseHandles {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.maxConnections ?? 12,
    connectionTimeoutMillis: 10_000,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'overmindops',
  });
  // An idle connection that breaks is replaced at the next query; without a listener it would end the process.
  pool.on('error', options.onError);
  // The pool listens only while it holds one itself. Whoever has one over several queries (a lock) is told by the next of them.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const stopWatching = watchConnections(pool, { connectionString: url, application_name: 'overmindops' }, (count) =>
    options.onError(new Error(`${count} connections to the database were dead and had not said so; they are closed`)),
  );
  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool),
    transactionOptions: { maxWait: 5_000, timeout: 15_000 },
  });
  return {
    prisma,
    pool,
    async close() {
      stopWatching();
      await prisma.$disconnect();
      await pool.end();
    },
  };
}
