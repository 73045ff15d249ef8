import type { Redis } from 'ioredis';
import type pg from 'pg';
import type { Bus } from '#core/events/bus.ts';
import type { KeyedCall } from '#core/idempotency/keys.ts';
import type { Queues } from '#core/jobs/queues.ts';
import type { Database } from './db.ts';
import type { Logger } from './logger.ts';

/**
 * What every command is given: the database, the bus, the queues. Passed explicitly and never kept in a
 * module, so that several systems can live in one process (docs/decisions/0002-explicit-core.md).
 */
export interface Core {
  db: Database;
  pool: pg.Pool;
  redis: Redis;
  /** Put before every key and channel, so that two systems can share a Redis. */
  redisPrefix: string;
  bus: Bus;
  queues: Queues;
  logger: Logger;
  dataDirectory: string;
  /** PATH: where programs such as git are looked for. */
  searchPath: string;
  /** Set for one command that is called with an idempotency key: its transaction notes what it has made. */
  keyedCall?: KeyedCall;
}
