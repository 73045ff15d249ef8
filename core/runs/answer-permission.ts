import { z } from 'zod';
import { id } from '#contract/fields.ts';
import { PERMISSION_DECISIONS } from '#contract/run-input.ts';
import type { Actor } from '#core/access/actor.ts';
import { nameOf } from '#core/access/actor.ts';
import { ConflictError, NotFoundError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { appendTaskEvent } from '#core/tasks/append-task-event.ts';
import { lockTask } from '#core/tasks/lock-task.ts';
import type { RunPermission } from '#prisma/generated/client/client.ts';
import { addRunInput } from './run-inputs.ts';
import { decisionOf, endPermission } from './run-permissions.ts';
import { lockRun } from './run-rows.ts';

const Answer = z.strictObject({ permissionId: id, decision: z.enum(PERMISSION_DECISIONS) });

/**
 * Says whether an agent may do what it asks about. The first answer counts, and stands here before the agent hears it;
 * the same answer again is none.
 * @throws NotFoundError, ForbiddenError, ConflictError with who was faster, and what he said
 */
export async function answerPermission(
  core: Core,
  actor: Actor,
  input: z.input<typeof Answer>,
): Promise<RunPermission> {
  const { permissionId, decision } = parseInput(Answer, input);
  return inTransaction(core, async (tx) => {
    const notFound = new NotFoundError('question', permissionId);
    const seen = await tx.db.runPermission.findUnique({
      where: { id: permissionId },
      select: { run: { select: { id: true, taskId: true } } },
    });
    if (!seen?.run.taskId) throw notFound;
    const { task } = await lockTask(tx, actor, seen.run.taskId, 'task:write').catch((error: unknown) => {
      // Whoever may not see the task must not learn that it was asked about.
      throw error instanceof NotFoundError ? notFound : error;
    });
    const run = await lockRun(tx.db, seen.run.id);
    const permission = await tx.db.runPermission.findUniqueOrThrow({ where: { id: permissionId } });
    if (permission.status !== 'pending') {
      if (permission.answeredBy !== null && decisionOf(permission) === decision) return permission;
      throw new ConflictError(whyClosed(permission), permission.status);
    }
    const answered = await endPermission(tx, run, permissionId, {
      status: decision === 'deny' ? 'denied' : 'allowed',
      answeredBy: nameOf(actor),
    });
    await addRunInput(tx, run, nameOf(actor), { kind: 'permission_answer', permissionId });
    const { title, target, status } = answered;
    await appendTaskEvent(tx, actor, task, 'log', { runId: run.id, permission: { title, target, status } });
    return answered;
  });
}

function whyClosed({ status, answeredBy, whenUnanswered }: RunPermission): string {
  if (status === 'canceled') return 'The agent does not wait for an answer any more.';
  if (status === 'expired')
    return `Nobody answered in time, so it was ${whenUnanswered === 'deny' ? 'denied' : 'allowed'}.`;
  return `Already answered by ${answeredBy ?? 'somebody'}: it was ${status === 'denied' ? 'denied' : 'allowed once'}.`;
}
