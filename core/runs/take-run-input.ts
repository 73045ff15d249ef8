import { z } from 'zod';
import { id } from '#contract/fields.ts';
import { MAX_TAKEN_INPUTS } from '#contract/run-input.ts';
import type { PermissionDecision, RunInputKind } from '#contract/run-input.ts';
import type { RunnerActor } from '#core/access/actor.ts';
import { InvalidInputError, LeaseLostError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { runMessageDelivered } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { AgentRun } from '#prisma/generated/client/client.ts';
import { decisionOf } from './run-permissions.ts';
import { lockLeasedRun, requireLeasedRun } from './run-rows.ts';
import { isClaimed } from './statuses.ts';

/** What a runner hands on to its agent. */
export interface TakenInput {
  number: number;
  kind: RunInputKind;
  text: string | null;
  permissionKey: string | null;
  decision: PermissionDecision | null;
}

const Taken = z.strictObject({ runId: id, leaseToken: z.string().max(200), after: z.int().min(-1) });

/**
 * What was said to a run after a number, in order, at most `MAX_TAKEN_INPUTS`. Up to that number it is the runner's
 * now, and said to be delivered: it goes to the agent even when the runner dies.
 * @throws LeaseLostError when the run is not the runner's or has ended, InvalidInputError for a number nobody gave
 */
export async function takeRunInput(
  core: Core,
  actor: RunnerActor,
  input: z.input<typeof Taken>,
): Promise<TakenInput[]> {
  const { runId, leaseToken, after } = parseInput(Taken, input);
  const run = await requireLeasedRun(core.db, actor, runId, leaseToken);
  if (!isClaimed(run)) throw new LeaseLostError(runId);
  if (after >= run.inputCount)
    throw new InvalidInputError([
      { path: ['after'], message: `Expected at most ${run.inputCount - 1}: nothing more was said` },
    ]);
  if (after >= run.inputsTaken)
    await inTransaction(core, async (tx) => {
      await noteTaken(tx, await lockLeasedRun(tx.db, actor, runId, leaseToken), after);
    });
  const inputs = await core.db.runInput.findMany({
    where: { runId, number: { gt: after } },
    orderBy: { number: 'asc' },
    take: MAX_TAKEN_INPUTS,
    include: { permission: { select: { key: true, status: true, whenUnanswered: true } } },
  });
  return inputs.map(({ number, kind, text, permission }) => ({
    number,
    kind,
    text,
    permissionKey: permission?.key ?? null,
    decision: permission && decisionOf(permission),
  }));
}

async function noteTaken(tx: Tx, run: AgentRun, after: number): Promise<void> {
  // Said by another call of the same runner meanwhile.
  if (after < run.inputsTaken) return;
  await tx.db.agentRun.update({ where: { id: run.id }, data: { inputsTaken: after + 1 } });
  const delivered = await tx.db.runInput.updateManyAndReturn({
    where: { runId: run.id, number: { gte: run.inputsTaken, lte: after } },
    data: { deliveredAt: await databaseNow(tx.db) },
    select: { id: true, kind: true },
  });
  const messageIds = delivered.filter(({ kind }) => kind === 'message').map(({ id: messageId }) => messageId);
  if (messageIds.length > 0)
    tx.emit(runMessageDelivered, { projectId: run.projectId, entityId: run.id, patch: { messageIds } });
}
