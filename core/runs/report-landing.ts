import { z } from 'zod';
import { commitHash, id } from '#contract/fields.ts';
import { MAX_LANDING_NOTE_CHARS } from '#contract/limits.ts';
import type { RunnerActor } from '#core/access/actor.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { runUpdated } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { appendTaskEvent } from '#core/tasks/append-task-event.ts';
import { changeTaskStatus } from '#core/tasks/change-status.ts';
import type { AgentRun, Task } from '#prisma/generated/client/client.ts';
import { finishRun } from './finish-run.ts';
import { requireLeasedRun } from './run-rows.ts';
import { LIVE_STATUSES, isLive } from './statuses.ts';

const Report = z.strictObject({
  runId: id,
  leaseToken: z.string().max(200),
  isMerged: z.boolean(),
  headCommit: commitHash.nullable(),
  note: z.string().trim().max(MAX_LANDING_NOTE_CHARS).nullable().default(null),
});

/**
 * Takes the word of a runner that had the last word on a merge, lost its lease, and has looked at the repository since.
 * It is the one thing that a fenced runner may still say of its run besides the log: what the base branch holds is a fact. Saying it twice is no error.
 * @throws LeaseLostError when this run never was the runner's, InvalidInputError
 */
export async function reportLanding(core: Core, actor: RunnerActor, value: z.input<typeof Report>): Promise<AgentRun> {
  const { runId, leaseToken, isMerged, headCommit, note } = parseInput(Report, value);
  return inTransaction(core, async (tx) => {
    const { taskId } = await requireLeasedRun(tx.db, actor, runId, leaseToken);
    if (taskId) await tx.db.$queryRaw`select 1 from tasks where id = ${taskId}::uuid for no key update`;
    await tx.db.$queryRaw`select 1 from agent_runs where id = ${runId}::uuid for no key update`;
    const run = await tx.db.agentRun.findUniqueOrThrow({ where: { id: runId } });
    const task = taskId ? await tx.db.task.findUniqueOrThrow({ where: { id: taskId } }) : null;
    // Without the last word nothing can have moved, and a run that ended otherwise has said how.
    const isOpen =
      run.landingAt !== null && run.landingIsMerged === null && (isLive(run) || run.reason === 'outcome_unknown');
    if (!task || !isOpen) return run;
    const found: Found = { isMerged, sentence: sentenceOf(run, isMerged, note), note: note ? ` ${note}` : '' };
    // How it ended stays; its sentence must not go on saying that the outcome is not known.
    const message = `The runner lost its lease while it merged, and has looked since: ${found.sentence}${found.note}`;
    await tx.db.agentRun.update({
      where: { id: runId },
      data: { landingIsMerged: isMerged, message, ...(isMerged && headCommit ? { headCommit } : {}) },
    });
    tx.emit(runUpdated, { projectId: run.projectId, entityId: run.id, patch: { landingIsMerged: isMerged, message } });
    if (isLive(run)) await endAsFound(tx, actor, run, task, found);
    else await settle(tx, actor, run, task, found);
    return tx.db.agentRun.findUniqueOrThrow({ where: { id: runId } });
  });
}

interface Found {
  isMerged: boolean;
  sentence: string;
  /** What else is told, with a space before it, or ''. */
  note: string;
}

function sentenceOf({ branch, baseBranch }: AgentRun, isMerged: boolean, note: string | null): string {
  const what = branch ?? 'The branch';
  if (isMerged) return `${what} was merged into ${baseBranch ?? 'the base branch'}.`;
  // What was changed all the same, the note says.
  return `${what} was not merged${note ? '' : ', nothing was changed'}. Approve it again.`;
}

/** Its lease has ended, and the sweep has not come yet. */
async function endAsFound(tx: Tx, actor: RunnerActor, run: AgentRun, task: Task, found: Found): Promise<void> {
  const message = `${found.sentence}${found.note}`;
  await finishRun(
    tx,
    actor,
    run,
    task,
    found.isMerged
      ? { status: 'completed', reason: 'ok', message }
      : { status: 'timed_out', reason: 'runner_lost', message: `The runner lost its lease. ${message}` },
  );
}

async function settle(tx: Tx, actor: RunnerActor, run: AgentRun, task: Task, found: Found): Promise<void> {
  const { isMerged, sentence, note } = found;
  const waits = task.status === 'needs_review';
  const isLate = isMerged && !waits && task.status !== 'done';
  await appendTaskEvent(tx, actor, task, isLate ? 'error' : 'log', {
    runId: run.id,
    isMerged,
    message: `${sentence}${isLate ? ` That was before the task became ${task.status}.` : ''}${note}`,
  });
  if (!isMerged || !waits) return;
  // Approved again meanwhile: that merge finds everything merged, and ends the task.
  const again = await tx.db.agentRun.findFirst({
    where: { taskId: task.id, kind: 'merge', status: { in: [...LIVE_STATUSES] } },
    select: { id: true },
  });
  if (again) return;
  await changeTaskStatus(tx, actor, task, { to: 'done', why: `${sentence}${note}`, details: { isMerged: true } });
}
