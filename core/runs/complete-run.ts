import { parseInput } from '#core/errors/parse-input.ts';
import { storableTexts } from '#core/errors/storable-text.ts';
import { RunResult } from '#contract/run-result.ts';
import type { RunGitOutcome } from '#contract/run-result.ts';
import { TERMINAL_RUN_STATUSES } from '#contract/enums.ts';
import type { RunnerActor } from '#core/access/actor.ts';
import { ExpectedSeqError, InvalidInputError, LeaseLostError } from '#core/errors/errors.ts';
import type { FieldIssue } from '#core/errors/errors.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { AgentRun } from '#prisma/generated/client/client.ts';
import { finishRun } from './finish-run.ts';
import { requireLeasedRun } from './run-rows.ts';

/**
 * Takes a runner's result. What a program printed into it is made storable. Saying the same twice is no error; a runner whose run was taken away is refused.
 * @throws LeaseLostError, ExpectedSeqError while lines are missing, InvalidInputError
 */
export async function completeRun(
  core: Core,
  actor: RunnerActor,
  leaseToken: string,
  value: unknown,
): Promise<AgentRun> {
  const result = parseInput(RunResult, storableTexts(value), ['result']);
  return inTransaction(core, async (tx) => {
    const seen = await requireLeasedRun(tx.db, actor, result.runId, leaseToken);
    if (seen.taskId) await tx.db.$queryRaw`select 1 from tasks where id = ${seen.taskId}::uuid for no key update`;
    await tx.db.$queryRaw`select 1 from agent_runs where id = ${seen.id}::uuid for no key update`;
    const run = await tx.db.agentRun.findUniqueOrThrow({ where: { id: seen.id } });
    // A program that was told to stop ends somehow; who told it to decides what it is called.
    const ending =
      run.cancelRequestedAt && result.status !== 'completed'
        ? {
            ...result,
            status: 'canceled' as const,
            reason: run.cancelReason ?? ('by_user' as const),
            message: run.stopWords ?? result.message,
          }
        : result;
    if ((TERMINAL_RUN_STATUSES as readonly string[]).includes(run.status)) {
      if (run.status === ending.status && run.reason === ending.reason) return run;
      throw new LeaseLostError(run.id);
    }
    assertAsOrdered(run, ending);
    // The terminal status is not visible before the last line is stored.
    if (run.lineCount !== result.lineCount) throw new ExpectedSeqError(run.lineCount);
    const task = run.taskId ? await tx.db.task.findUniqueOrThrow({ where: { id: run.taskId } }) : null;
    await finishRun(tx, actor, run, task, ending);
    return tx.db.agentRun.findUniqueOrThrow({ where: { id: run.id } });
  });
}

/**
 * Where a run wrote is the order's to say, and what a merge moved is what it had the last word for: a runner's word is held against both.
 * @throws InvalidInputError
 */
function assertAsOrdered(run: AgentRun, { status, git }: RunResult): void {
  const issues: FieldIssue[] = [];
  const expect = (field: keyof RunGitOutcome, found: string | undefined, wanted: string | null): void => {
    if (wanted !== null && found !== undefined && found !== wanted)
      issues.push({ path: ['result', 'git', field], message: `Expected ${wanted}, as ordered, found ${found}` });
  };
  expect('branch', git?.branch, run.branch);
  expect('baseBranch', git?.baseBranch, run.baseBranch);
  if (run.kind === 'merge') {
    expect('baseCommit', git?.baseCommit, run.landingBaseCommit);
    expect('headCommit', git?.headCommit, run.landingCommit);
    if (status === 'completed' && (!run.landingAt || !git))
      issues.push({
        path: ['result', 'status'],
        message: 'A merge is completed with the last word for its commits (requestLanding)',
      });
  }
  if (issues.length > 0) throw new InvalidInputError(issues);
}
