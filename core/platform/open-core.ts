import { Redis } from 'ioredis';
import { openBus } from '#core/events/bus.ts';
import { openQueues } from '#core/jobs/queues.ts';
import type { Core } from './core.ts';
import { openDatabase } from './db.ts';
import type { Logger } from './logger.ts';

export interface CoreOptions {
  databaseUrl: string;
  redisUrl: string;
  dataDirectory: string;
  searchPath: string;
  logger: Logger;
  maxConnections?: number;
  /** Keys and channels of two systems on one Redis stay apart by it. */
  redisPrefix?: string;
}

/** Opens the database, the bus and the queues. `close` ends them in the order that loses nothing. */
export function openCore(options: CoreOptions): Core & { close(): Promise<void> } {
  const { logger } = options;
  const prefix = options.redisPrefix ?? 'overmind';
  const redis = connectRedis(options.redisUrl, logger);
  const subscriber = connectRedis(options.redisUrl, logger);
  const database = openDatabase(options.databaseUrl, {
    ...(options.maxConnections === undefined ? {} : { maxConnections: options.maxConnections }),
    onError: (error) => logger.warn({ err: error }, 'An idle database connection broke'),
  });
  const bus = openBus(redis, subscriber, logger, prefix);
  const queues = openQueues(redis, `${prefix}-jobs`, logger);
  return {
    db: database.prisma,
    pool: database.pool,
    redis,
    redisPrefix: prefix,
    bus,
    queues,
    logger,
    dataDirectory: options.dataDirectory,
    searchPath: options.searchPath,
    async close() {
      await queues.close();
      await bus.close();
      redis.disconnect();
      await database.close();
    },
  };
}

/** A connection that comes back by itself. Commands fail fast while it is away: Redis holds nothing that must wait for it. */
export function connectRedis(url: string, logger: Logger, options: { waitsInside?: boolean } = {}): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    ...(options.waitsInside ? {} : { commandTimeout: 5_000 }),
    retryStrategy: (times) => Math.min(times * 100, 1_000),
  });
  let isReported = false;
  redis.on('error', (error: Error) => {
    if (!isReported) logger.warn({ err: error }, 'Redis does not answer; live updates are slower until it does');
    isReported = true;
  });
  redis.on('ready', () => (isReported = false));
  return redis;
}
