import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { withLock } from '#core/platform/locked-client.ts';
import type { HeldLock } from '#core/platform/locked-client.ts';
import { rebuildStateIn } from '#core/state/rebuild-state.ts';
import type { Agent, CyclePhase, OrchestratorCycle } from '#prisma/generated/client/client.ts';
import { CycleRecord } from './cycle-record.ts';
import { loadInputs } from './load-inputs.ts';
import { findWaitingTasks, planTasks } from './plan-tasks.ts';
import type { Planner } from '#core/planner/planner.ts';
import { planMessages, relayMessages } from './read-messages.ts';
import { NOTHING_SCHEDULED, scheduleRuns } from './schedule-runs.ts';
import { Steps } from './steps.ts';

const MAX_ATTEMPTS = 5;

export interface CycleOptions {
  planner: Planner;
  /** Told of each phase once it is on record; a test ends the process here. */
  onPhase?: (phase: CyclePhase) => void | Promise<void>;
}

/**
 * Works off the cycles of a project: the one that was broken off first, then the one that waits. Everything a cycle
 * writes is recognised when it is done again, so a crash anywhere loses nothing and repeats nothing.
 * @returns how many cycles were completed
 */
export async function runCycles(core: Core, projectId: string, options: CycleOptions): Promise<number> {
  let completed = 0;
  do {
    // One cycle a project at a time, and none that is stuck for ever: the lock ends with its process.
    const ran = await withLock(core, `cycle:${projectId}`, async (lock) => {
      const cycle = await takeCycle(core, projectId);
      if (cycle) await runCycle(core, cycle, lock, options);
      return cycle !== null;
    });
    if (!ran) return completed;
    completed += 1;
    // Whoever holds the lock looks again after it has let go, so a cycle asked for meanwhile is not left waiting.
  } while (await isCycleOpen(core, projectId));
  return completed;
}

async function isCycleOpen(core: Core, projectId: string): Promise<boolean> {
  const { rows } = await core.pool.query<{ open: boolean }>({
    name: 'open_cycle',
    text: `select exists (select 1 from orchestrator_cycles where project_id = $1 and status in ('pending', 'running')) as open`,
    values: [projectId],
  });
  return rows[0]?.open ?? false;
}

type TakenCycle = Pick<OrchestratorCycle, 'id' | 'projectId' | 'mode' | 'cause' | 'attempt'> & { takenAt: Date };

/** The one that was broken off first, then the one that waits. */
async function takeCycle(core: Core, projectId: string): Promise<TakenCycle | null> {
  const [cycle] = await core.db.$queryRaw<TakenCycle[]>`
    update orchestrator_cycles c
       set status = 'running', attempt = c.attempt + 1, started_at = coalesce(c.started_at, now.at), phase = 'started',
           phase_times = jsonb_build_object('started', to_char(now.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
      from (select date_trunc('milliseconds', clock_timestamp()) as at) now
     where c.id = (select id from orchestrator_cycles where project_id = ${projectId}::uuid and status in ('running', 'pending')
                      and exists (select 1 from projects p where p.id = project_id and p.deleting_at is null)
                    order by status = 'pending' limit 1)
    returning c.id, c.project_id as "projectId", c.mode, c.cause, c.attempt, now.at as "takenAt"`;
  return cycle ?? null;
}

async function runCycle(core: Core, cycle: TakenCycle, lock: HeldLock, options: CycleOptions): Promise<void> {
  const { projectId, mode } = cycle;
  const record = new CycleRecord(core, cycle);
  const reach = async (phase: CyclePhase, counts: Record<string, number> = {}): Promise<void> => {
    lock.assertHeld();
    record.reach(phase, counts);
    await options.onPhase?.(phase);
  };

  try {
    await reach('started');
    const inputs = await loadInputs(core, projectId, mode);
    await reach('loaded_state', { messages: inputs.messages.length });
    await reach('validated_state', { brokenStateVersions: inputs.isStateBroken ? 1 : 0 });
    // Nothing is planned or scheduled in an archived project.
    const isOpen = !inputs.isArchived;
    const read = isOpen ? relayMessages(core, inputs.messages) : [];
    const requests = sum(read.map((message) => message.requests?.length ?? 0));
    await reach('ingested_inputs', { requests });
    // Planning may take its time; all else does not.
    if (requests > 0) await record.save();

    const steps = new Steps();
    const agents = isOpen && (requests > 0 || inputs.hasTasks) ? await agentsOf(core, projectId) : [];
    const made = await steps.take({ tasks: 0, unread: 0 }, () => planMessages(core, options.planner, agents, read));
    const waiting = await steps.take([], async () =>
      isOpen && (inputs.hasTasks || made.tasks > 0)
        ? planTasks(core, options.planner, agents, await findWaitingTasks(core, projectId, mode))
        : [],
    );
    await reach('planned_tasks', made);
    const scheduled = await steps.take(NOTHING_SCHEDULED, () => scheduleRuns(core, agents, waiting));
    await reach('scheduled_runs', { ...scheduled });
    const isStateTold =
      !inputs.isStateStale && !inputs.isStateBroken && made.tasks + scheduled.assigned + scheduled.blocked === 0;
    steps.assertTaken();
    await inTransaction(
      core,
      async (tx) => {
        const version = isStateTold ? null : await rebuildStateIn(tx, projectId);
        await reach('updated_state', { newStateVersions: version === null ? 0 : 1 });
        await record.finish(tx, 'completed', null);
      },
      { rebuildsState: true },
    );
    await options.onPhase?.('completed');
  } catch (error) {
    // Tried again from the start by the same job; only a cycle that fails every time is given up.
    if (cycle.attempt >= MAX_ATTEMPTS) {
      const why = `It failed ${cycle.attempt} times. The server's log has more under the id of this cycle.`;
      await inTransaction(core, (tx) => record.finish(tx, 'failed', why));
    }
    core.logger.error({ err: error, cycleId: cycle.id, projectId, attempt: cycle.attempt }, 'A cycle failed');
    throw error;
  }
}

function agentsOf(core: Core, projectId: string): Promise<Agent[]> {
  return core.db.agent.findMany({ where: { projectId } });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
