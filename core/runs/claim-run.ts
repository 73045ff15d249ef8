import type { AgentConfig } from '#contract/agent-config.ts';
import { id } from '#contract/fields.ts';
import { ContractError } from '#contract/parse.ts';
import { formatShortId } from '#contract/short-ids.ts';
import type { RunnerActor } from '#core/access/actor.ts';
import { parseAgentConfig, takesInput } from '#core/agents/agent-config.ts';
import { NotFoundError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { runStarted } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { findGrantedRepository } from '#core/repositories/granted-repository.ts';
import { tellOfLoad } from '#core/runners/tell-projects.ts';
import { changeTaskStatus } from '#core/tasks/change-status.ts';
import type { Agent, Project, Task } from '#prisma/generated/client/client.ts';
import { answerClaimAgain } from './answer-claim-again.ts';
import { buildRunSpec, repositoryOf } from './build-run-spec.ts';
import type { ClaimedRun } from './build-run-spec.ts';
import { stopRun } from './cancel-run.ts';
import { hasCapacity, hasRoom, hasWork, lockRunner, pickCandidate, waitForFirst } from './claim-candidates.ts';
import type { Candidate } from './claim-candidates.ts';
import { leaseToken } from './lease-token.ts';
import { noteSession } from './session-to-resume.ts';

const MAX_TRIES = 20;
/**
 * How long the run that stands first is waited for when somebody holds its rows. Changes of a task take milliseconds,
 * also fifty claims one after the other; past this time a process hangs, and the others need not.
 */
const MAX_WAIT_MS = 3_000;

/**
 * Gives the runner the next run it may work on, in one transaction: takes the run, checks that the task is
 * queued, the agent enabled, the limits kept; sets the run started and the task in progress; starts the lease.
 * Two claims never get the same run, and the first by priority, then age, is started first: if somebody holds its rows
 * for a moment it is waited for, and not passed over.
 * @param value the runner's own id for this claim. Sent again, because the answer was lost, it gets the same run; null: not repeatable
 * @returns null when there is nothing for this runner, and for a claim whose run has gone on since
 * @throws InvalidInputError
 */
export async function claimRun(
  core: Core,
  actor: RunnerActor,
  value: string | null = null,
): Promise<ClaimedRun | null> {
  const claimId = parseInput(id.nullable(), value, ['claimId']);
  if (!(await hasWork(core, actor, claimId))) return null;
  const patientUntil = performance.now() + MAX_WAIT_MS;
  for (let tries = 0, isPatient = true; tries < MAX_TRIES;) {
    const outcome = await inTransaction(core, (tx) => tryClaim(tx, actor, { claimId, isPatient })).catch(
      (error: unknown) => {
        // Its project was deleted in this very moment.
        if (error instanceof NotFoundError) return 'try_again' as const;
        throw error;
      },
    );
    if (outcome === 'nothing') return null;
    if (outcome === 'try_again') tries += 1;
    else if (outcome !== 'first_is_held') return outcome;
    else {
      const first = await waitForFirst(core, actor, isPatient ? patientUntil - performance.now() : MAX_WAIT_MS);
      if (first === 'nothing' || (first === 'held' && !isPatient)) return null;
      if (!isPatient) tries += 1;
      isPatient &&= first === 'free' && performance.now() < patientUntil;
    }
  }
  return null;
}

type Refusal = 'nothing' | 'try_again' | 'first_is_held';

/** @param options isPatient: rather nothing than another run than the one that stands first */
async function tryClaim(
  tx: Tx,
  actor: RunnerActor,
  { claimId, isPatient }: { claimId: string | null; isPatient: boolean },
): Promise<ClaimedRun | Refusal> {
  const runner = await lockRunner(tx, actor);
  if (!runner) return 'nothing';
  const earlier = claimId === null ? null : await tx.db.agentRun.findUnique({ where: { claimId } });
  // Before the room is counted: this run has its place already.
  if (earlier) return (await answerClaimAgain(tx, actor, earlier.id)) ?? 'nothing';
  if (!(await hasCapacity(tx, actor, runner))) return 'nothing';
  const candidate = await pickCandidate(tx, actor, isPatient);
  if (!candidate) return 'first_is_held';
  // What was counted before this lock may have changed: another claim of this agent's runs may just have ended.
  if (!(await hasRoom(tx, candidate))) return 'try_again';
  const agent = await tx.db.agent.findUniqueOrThrow({ where: { id: candidate.agent_id } });
  const config = await configOrBlock(tx, actor, candidate, agent);
  if (!config) return 'try_again';
  return (await start(tx, actor, { candidate, agent, config, claimId })) ?? 'try_again';
}

interface Start {
  candidate: Candidate;
  agent: Agent;
  config: AgentConfig;
  claimId: string | null;
}

/** @returns null when the repository is no longer granted here: it was a moment ago */
async function start(
  tx: Tx,
  actor: RunnerActor,
  { candidate, agent, config, claimId }: Start,
): Promise<ClaimedRun | null> {
  const task = await tx.db.task.findUniqueOrThrow({ where: { id: candidate.task_id } });
  const project = await tx.db.project.findUniqueOrThrow({ where: { id: task.projectId } });
  const grantedRoot = await findGrantedRepository(tx.db, {
    projectId: project.id,
    runnerId: actor.runnerId,
    repository: repositoryOf(config, project),
  });
  if (grantedRoot === null) return null;
  const { token, hash } = leaseToken(actor, candidate.id, claimId);
  const branch = candidate.branch ?? resultBranch(project, task, candidate.attempt);
  const leased = await tx.db.$queryRaw<{ started_at: Date; lease_expires_at: Date }[]>`
    update agent_runs set status = 'started', runner_id = ${actor.runnerId}::uuid, claim_id = ${claimId}::uuid, branch = ${branch},
           model = ${candidate.kind === 'task' ? config.model : null}, takes_input = ${candidate.kind === 'task' && takesInput(config)},
           sandbox_note = (select sandbox_note from runners where id = ${actor.runnerId}::uuid),
           lease_token_hash = ${hash}, lease_ms = ${config.leaseMs}, started_at = clock_timestamp(),
           lease_expires_at = clock_timestamp() + make_interval(secs => ${config.leaseMs / 1000}::float8)
     where id = ${candidate.id}::uuid and status = 'pending' returning started_at, lease_expires_at`;
  const lease = leased[0];
  if (!lease) throw new Error(`Expected the run ${candidate.id} to be pending while its row is locked`);
  tx.emit(runStarted, {
    projectId: task.projectId,
    entityId: candidate.id,
    patch: {
      agentId: agent.id,
      taskId: task.id,
      runnerId: actor.runnerId,
      status: 'started',
      startedAt: lease.started_at.toISOString(),
    },
  });
  await tellOfLoad(tx, { runnerId: actor.runnerId, projectId: task.projectId }, 'taken');
  if (candidate.kind === 'task')
    await changeTaskStatus(tx, actor, task, {
      to: 'in_progress',
      why: `Attempt ${candidate.attempt} started on ${actor.name}.`,
    });
  const run = await tx.db.agentRun.findUniqueOrThrow({ where: { id: candidate.id } });
  const spec = await buildRunSpec(tx.db, { run, task, agent, project, config, leaseToken: token, branch, grantedRoot });
  await noteSession(tx.db, run, spec);
  return { spec, leaseExpiresAt: lease.lease_expires_at };
}

/**
 * The agent's configuration. One that no longer fits the contract blocks the task with what is wrong with it:
 * the run would otherwise stand first in line for ever and keep all others from starting.
 */
async function configOrBlock(
  tx: Tx,
  actor: RunnerActor,
  candidate: Candidate,
  agent: Agent,
): Promise<AgentConfig | null> {
  try {
    return parseAgentConfig(agent);
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    const task = await tx.db.task.findUniqueOrThrow({ where: { id: candidate.task_id } });
    const run = await tx.db.agentRun.findUniqueOrThrow({ where: { id: candidate.id } });
    const next =
      task.status === 'queued'
        ? await changeTaskStatus(tx, actor, task, { to: 'blocked', why: `${error.message}.` })
        : task;
    await stopRun(tx, actor, run, next, 'superseded');
    return null;
  }
}

/**
 * The branch of an attempt's result, in a folder of its task. The end of the task's id stands behind the short id: a
 * repository may have branches of another installation, whose projects have the same keys.
 */
function resultBranch({ key }: Project, { id, number }: Task, attempt: number): string {
  return `overmind/${formatShortId({ key, number })}-${id.slice(-8)}/${attempt}`;
}
