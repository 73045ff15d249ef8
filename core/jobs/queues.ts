import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { z } from 'zod';
import type { Logger } from '#core/platform/logger.ts';
import type { JobDefinition, QueueName } from './define-job.ts';

export interface Queues {
  add<T extends z.ZodType>(job: JobDefinition<T>, payload: z.infer<T>, options?: { delayMs?: number }): Promise<void>;
  close(): Promise<void>;
}

/** Opens the queues for adding. BullMQ keeps what is under `prefix`. */
export function openQueues(connection: Redis, prefix: string, logger: Logger): Queues {
  const queues = new Map<QueueName, Queue>();
  const queueOf = (name: QueueName): Queue => {
    const known = queues.get(name);
    if (known) return known;
    const queue = new Queue(name, { connection, prefix });
    queue.on('error', (error) =>
      logger.warn({ err: error, queue: name }, 'A queue does not take jobs; the sweep finds what they were for'),
    );
    queues.set(name, queue);
    return queue;
  };
  return {
    async add(job, payload, options = {}) {
      await queueOf(job.queue).add(job.name, job.payload.parse(payload), {
        attempts: job.attempts,
        backoff: { type: 'exponential', delay: 500 },
        removeOnComplete: true,
        removeOnFail: { count: 200 },
        ...(options.delayMs
          ? { delay: options.delayMs }
          : // One that waits sees everything committed before it begins; one that works is followed by one more.
            {
              deduplication: {
                id: `${job.name}:${Object.values(payload as object).join(':')}`,
                keepLastIfActive: true,
              },
            }),
      });
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}
