import type { z } from 'zod';
import { isDeadlock } from '#core/errors/prisma-errors.ts';
import type { EventDefinition } from '#core/events/define-event.ts';
import { envelope, pendingEvent, statesTouchedBy, writeEvents } from '#core/events/outbox.ts';
import type { EventFields, PendingEvent } from '#core/events/outbox.ts';
import { CallMadeBeforeError, keepCall, lockCall } from '#core/idempotency/keys.ts';
import type { JobDefinition } from '#core/jobs/define-job.ts';
import { orchestratorCycle, rebuildState } from '#core/jobs/jobs.ts';
import type { Core } from './core.ts';
import type { Queryable } from './db.ts';

export interface Tx {
  db: Queryable;
  /** Adds an event: stored with the change, published after the commit. */
  emit<P extends z.ZodRawShape>(definition: EventDefinition<P>, event: EventFields<P>): void;
  /** Adds a wake-up for the workers, sent after the commit. It may be lost or come twice: the row decides. */
  enqueue<T extends z.ZodType>(job: JobDefinition<T>, payload: z.infer<T>, options?: { delayMs?: number }): void;
  /** Sends a message to the other processes after the commit; it may be lost. */
  publish(channel: string, message: unknown): void;
  /** Runs as the last but the events: for what writes the project's row, which every change takes after all others. */
  beforeEvents(work: () => Promise<unknown>): void;
  /** Runs after the commit; a failure is logged and changes nothing. */
  afterCommit(work: () => Promise<void> | void): void;
}

interface TransactionOptions {
  /** Whoever brings the state document up to date anyway says so; else it is asked for when the change is one it tells of. */
  rebuildsState?: boolean;
}

const MAX_ATTEMPTS = 3;

/**
 * One change: its rows, its events and its wake-ups, all or nothing. Events are written as the last statement
 * before the commit; what goes to Redis goes after it and is not waited for, since Redis may be away.
 * @param work is done again when PostgreSQL has ended it for waiting in a circle: all that it changes, it changes by `tx`
 */
export async function inTransaction<T>(
  core: Core,
  work: (tx: Tx) => Promise<T>,
  { rebuildsState = false }: TransactionOptions = {},
): Promise<T> {
  const events: PendingEvent[] = [];
  // By what they are: asked for several times, a wake-up is sent once.
  const jobs = new Map<string, () => Promise<void>>();
  const last: (() => Promise<unknown>)[] = [];
  const after: (() => Promise<void> | void)[] = [];
  const call = core.keyedCall?.isTaken ? undefined : core.keyedCall;
  if (call) call.isTaken = true;
  const attempt = () =>
    core.db.$transaction(async (db) => {
      events.length = 0;
      last.length = 0;
      after.length = 0;
      jobs.clear();
      if (call && !(await lockCall(db, call))) throw new CallMadeBeforeError();
      const result = await work({
        db,
        emit: (definition, event) => void events.push(pendingEvent(definition, event)),
        enqueue: (job, payload, options) =>
          void jobs.set(keyOf(job, payload, options?.delayMs), () => core.queues.add(job, payload, options)),
        publish: (channel, message) => void after.push(() => core.bus.publish(channel, message)),
        beforeEvents: (step) => void last.push(step),
        afterCommit: (step) => void after.push(step),
      });
      if (call && !(await keepCall(db, call, call.idOf(result)))) throw new CallMadeBeforeError();
      for (const step of last) await step();
      return { result, envelopes: await writeEvents(db, events) };
    });
  const { result, envelopes } = await untilNotInACircle(core, attempt);
  const notices = events
    .filter((event) => !event.definition.isStored)
    .map((event) => envelope(event, new Date(), null));
  core.bus.publishEvents([...envelopes, ...notices]);
  for (const projectId of rebuildsState ? [] : statesTouchedBy(events)) {
    // A cycle ends with the state document.
    if (!jobs.has(keyOf(orchestratorCycle, { projectId })))
      jobs.set(keyOf(rebuildState, { projectId }), () => core.queues.add(rebuildState, { projectId }));
  }
  for (const step of [...jobs.values(), ...after]) {
    // The change is committed: whoever asked for it must not be told otherwise because a wake-up failed.
    void Promise.resolve()
      .then(step)
      .catch((error: unknown) =>
        core.logger.warn({ err: error }, 'A step after the commit failed; the sweep will repair it'),
      );
  }
  return result;
}

/**
 * All changes take their rows in one order (tasks, runs, agents, the cycle that waits, the project), so that two never
 * wait for each other. What slips through is done again: by then the other one has what it waited for.
 */
async function untilNotInACircle<T>(core: Core, attempt: () => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!isDeadlock(error) || attempts === MAX_ATTEMPTS) throw error;
      core.logger.warn({ err: error, attempts }, 'Two changes waited for each other; this one is made again');
    }
  }
}

function keyOf(job: JobDefinition, payload: unknown, delayMs = 0): string {
  return `${job.name} ${delayMs} ${JSON.stringify(payload)}`;
}
