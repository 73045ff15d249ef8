import type { z } from 'zod';

export type QueueName = 'orchestrator' | 'maintenance' | 'transcription';

export interface JobDefinition<T extends z.ZodType = z.ZodType> {
  /** Dotted, imperative. */
  name: string;
  queue: QueueName;
  payload: T;
  attempts: number;
}

/** Declares a background job. It is a wake-up that carries ids: a handler may run twice, so the row decides. */
export function defineJob<T extends z.ZodType>(definition: JobDefinition<T>): JobDefinition<T> {
  return definition;
}
