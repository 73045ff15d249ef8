import { Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { z } from 'zod';
import type { Logger } from '#core/platform/logger.ts';
import type { JobDefinition, QueueName } from './define-job.ts';

export interface JobHandler {
  job: JobDefinition;
  run(payload: unknown): Promise<void>;
}

/** Binds a job to what it does. The payload is parsed again here: a queue is a boundary. */
export function handles<T extends z.ZodType>(
  job: JobDefinition<T>,
  run: (payload: z.infer<T>) => Promise<void>,
): JobHandler {
  return { job: job, run: async (payload) => run(job.payload.parse(payload)) };
}

/** How long a job may be silent before another worker takes it: a worker that was killed is replaced within seconds. */
const LOCK_MS = 10_000;
const STALLED_CHECK_MS = 3_000;

/**
 * Works off a queue.
 * @param connection of its own: it waits inside Redis, so it may have no command timeout
 * @returns ends it, after the jobs under way
 */
export function workQueue({
  queue,
  handlers,
  connection,
  prefix,
  concurrency,
  logger,
}: {
  queue: QueueName;
  handlers: JobHandler[];
  connection: Redis;
  prefix: string;
  concurrency: number;
  logger: Logger;
}): () => Promise<void> {
  const byName = new Map(
    handlers.filter((handler) => handler.job.queue === queue).map((handler) => [handler.job.name, handler]),
  );
  const worker = new Worker(
    queue,
    async (job) => {
      const handler = byName.get(job.name);
      if (!handler) throw new Error(`Expected a handler for the job ${job.name}, found none`);
      await handler.run(job.data);
    },
    {
      connection,
      prefix: `${prefix}-jobs`,
      concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: 5,
    },
  );
  worker.on('failed', (job, error) =>
    logger.warn({ err: error, job: job?.name, attempt: job?.attemptsMade }, 'A job failed; it is tried again'),
  );
  worker.on('error', (error) => logger.warn({ err: error }, 'The queue does not answer; the sweep goes on without it'));
  return () => worker.close();
}
