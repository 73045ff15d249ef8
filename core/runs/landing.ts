import { z } from 'zod';
import { commitHash, id } from '#contract/fields.ts';
import type { RunnerActor } from '#core/access/actor.ts';
import { hashToken } from '#core/access/tokens.ts';
import { ConflictError, LeaseLostError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { runUpdated } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { Prisma } from '#prisma/generated/client/client.ts';
import type { AgentRun } from '#prisma/generated/client/client.ts';
import { requireLeasedRun } from './run-rows.ts';
import { CLAIMED_SQL, CLAIMED_STATUSES, isLive } from './statuses.ts';

const Landing = z.strictObject({
  runId: id,
  leaseToken: z.string().max(200),
  baseCommit: commitHash,
  mergeCommit: commitHash,
});

/**
 * The last word on a merge: its runner has everything ready and the branch locked. Granted in one compare-and-set while the lease runs
 * by the database's clock, nobody has canceled it and its task still waits for it. From then on, until the run
 * has ended, nobody can cancel it or take its task another way. The lease begins anew with it. May be asked again.
 * @throws LeaseLostError when the run is no longer the runner's; ConflictError when it is canceled or its task has gone another way; InvalidInputError
 */
export async function requestLanding(
  core: Core,
  actor: RunnerActor,
  value: z.input<typeof Landing>,
): Promise<AgentRun> {
  const { runId, leaseToken, baseCommit, mergeCommit } = parseInput(Landing, value);
  return inTransaction(core, async (tx) => {
    const { kind, taskId, projectId } = await requireLeasedRun(tx.db, actor, runId, leaseToken);
    if (kind !== 'merge' || taskId === null)
      throw new ConflictError('Only the merge of an approved task can land.', kind);
    await tx.db.$queryRaw`select 1 from tasks where id = ${taskId}::uuid for no key update`;
    await tx.db.$queryRaw`select 1 from agent_runs where id = ${runId}::uuid for no key update`;
    await tx.db.$queryRaw`select 1 from projects where id = ${projectId}::uuid for no key update`;
    const granted = await tx.db.$queryRaw<{ landing_at: Date }[]>`
      update agent_runs set landing_at = clock_timestamp(), landing_base_commit = ${baseCommit}, landing_commit = ${mergeCommit},
             lease_expires_at = clock_timestamp() + make_interval(secs => lease_ms / 1000.0)
       where id = ${runId}::uuid and lease_token_hash = ${hashToken(leaseToken)} and status ${Prisma.raw(CLAIMED_SQL)}
         and lease_expires_at > clock_timestamp() and cancel_requested_at is null
         and exists (select 1 from tasks where tasks.id = task_id and tasks.status = 'needs_review')
         and exists (select 1 from projects where projects.id = project_id and projects.status <> 'archived')
      returning landing_at`;
    const [landing] = granted;
    if (!landing) throw await whyRefused(tx, runId);
    tx.emit(runUpdated, { projectId, entityId: runId, patch: { landingAt: landing.landing_at.toISOString() } });
    return tx.db.agentRun.findUniqueOrThrow({ where: { id: runId } });
  });
}

async function whyRefused(tx: Tx, runId: string): Promise<Error> {
  const run = await tx.db.agentRun.findUniqueOrThrow({ where: { id: runId }, include: { task: true, project: true } });
  if (isLive(run) && run.cancelRequestedAt) return new ConflictError('This merge is canceled.', 'canceled');
  if (isLive(run) && run.project.status === 'archived')
    return new ConflictError('Not merged: the project is archived.', 'archived');
  if (isLive(run) && run.task?.status !== 'needs_review')
    return new ConflictError(`Not merged: the task is ${run.task?.status ?? 'gone'} now.`, run.task?.status ?? null);
  return new LeaseLostError(runId);
}

/** @throws ConflictError while this run has the last word: what was promised to its runner holds until it has ended */
export function assertNotLanding(run: AgentRun): void {
  if (run.landingAt && isLive(run))
    throw new ConflictError(
      'It is being merged at the moment. Wait until that has ended, which is a matter of seconds.',
      run.id,
    );
}

/** @throws ConflictError while any merge of the project has the last word. The project's row must be locked. */
export async function assertNothingLanding(tx: Tx, projectId: string): Promise<void> {
  const landing = await tx.db.agentRun.findFirst({
    where: { projectId, kind: 'merge', status: { in: [...CLAIMED_STATUSES] }, landingAt: { not: null } },
  });
  if (landing) assertNotLanding(landing);
}
