import { z } from 'zod';
import { id } from '#contract/fields.ts';
import { MAX_MESSAGE_CHARS } from '#contract/limits.ts';
import { MAX_RUN_MESSAGES } from '#contract/run-input.ts';
import type { Actor } from '#core/access/actor.ts';
import { nameOf } from '#core/access/actor.ts';
import { ConflictError, NotFoundError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { runMessageSent } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { appendTaskEvent } from '#core/tasks/append-task-event.ts';
import { lockTask } from '#core/tasks/lock-task.ts';
import type { AgentRun, RunInput } from '#prisma/generated/client/client.ts';
import { addRunInput } from './run-inputs.ts';
import { lockRun } from './run-rows.ts';
import { isClaimed, isLive } from './statuses.ts';

const Said = z.strictObject({
  runId: id,
  text: z.string().trim().min(1, 'A message needs some text').max(MAX_MESSAGE_CHARS),
});

/** Why nothing can be said to a run's agent now, for people; null: it can. */
export function whyNotMessaged(
  run: Pick<AgentRun, 'status' | 'kind' | 'takesInput' | 'cancelRequestedAt'>,
): string | null {
  if (!isLive(run)) return 'This run has already ended.';
  if (!isClaimed(run)) return 'This run has not started yet.';
  if (!run.takesInput) return 'This agent hears nothing while it works: only one that is run live does.';
  return run.cancelRequestedAt ? 'This run is being stopped.' : null;
}

/**
 * Says something to the agent of a run that works. It stands in line with the answers to what the agent asks, and is
 * delivered in that order.
 * @throws NotFoundError, ForbiddenError, ConflictError when the agent hears nothing, InvalidInputError
 */
export async function sendRunMessage(core: Core, actor: Actor, input: z.input<typeof Said>): Promise<RunInput> {
  const { runId, text } = parseInput(Said, input);
  return inTransaction(core, async (tx) => {
    const notFound = new NotFoundError('run', runId);
    const seen = await tx.db.agentRun.findUnique({ where: { id: runId }, select: { taskId: true } });
    if (!seen?.taskId) throw notFound;
    const { task } = await lockTask(tx, actor, seen.taskId, 'task:write').catch((error: unknown) => {
      throw error instanceof NotFoundError ? notFound : error;
    });
    const run = await lockRun(tx.db, runId);
    const refusal = whyNotMessaged(run);
    if (refusal !== null) throw new ConflictError(refusal, run.status);
    if ((await tx.db.runInput.count({ where: { runId, kind: 'message' } })) >= MAX_RUN_MESSAGES)
      throw new ConflictError(`A run is sent at most ${MAX_RUN_MESSAGES.toLocaleString('en')} messages.`, run.status);
    const message = await addRunInput(tx, run, nameOf(actor), { kind: 'message', text });
    tx.emit(runMessageSent, {
      projectId: run.projectId,
      entityId: runId,
      patch: { messageId: message.id, author: message.createdBy },
    });
    await appendTaskEvent(tx, actor, task, 'comment', { text, runId, isToAgent: true });
    return message;
  });
}
