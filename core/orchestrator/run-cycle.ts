import { cycleCompleted, cyclePhase, cycleStarted } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { withLock } from '#core/platform/locked-client.ts';
import type { HeldLock } from '#core/platform/locked-client.ts';
import { rebuildStateDocument } from '#core/state-document/rebuild-state.ts';
import type { Agent, CyclePhase, OrchestratorCycle } from '#prisma/generated/client/client.ts';
import { loadInputs } from './load-inputs.ts';
import { planTasks } from './plan-tasks.ts';
import type { Planner } from './planner.ts';
import { planMessages, relayMessages } from './read-messages.ts';
import { describeCause } from './request-cycle.ts';
import { scheduleRuns } from './schedule-runs.ts';
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
  for (;;) {
    // One cycle a project at a time, and none that is stuck for ever: the lock ends with its process.
    const ran = await withLock(core, { lock: `cycle:${projectId}`, waits: false }, async (lock) => {
      const cycle = await takeCycle(core, projectId);
      if (cycle) await runCycle(core, cycle, lock, options);
      return cycle !== null;
    });
    // Whoever holds the lock looks again after it has let go, so a cycle asked for meanwhile is not left waiting.
    if (!ran) return completed;
    completed += 1;
  }
}

async function takeCycle(core: Core, projectId: string): Promise<OrchestratorCycle | null> {
  return inTransaction(core, async (tx) => {
    const running = await tx.db.orchestratorCycle.findFirst({ where: { projectId, status: 'running' } });
    const cycle = running ?? (await tx.db.orchestratorCycle.findFirst({ where: { projectId, status: 'pending' } }));
    if (!cycle) return null;
    const now = await databaseNow(tx.db);
    const taken = await tx.db.orchestratorCycle.updateMany({
      where: { id: cycle.id, status: cycle.status },
      data: {
        status: 'running',
        attempt: { increment: 1 },
        startedAt: cycle.startedAt ?? now,
        phase: 'started',
        phaseTimes: { started: now.toISOString() },
      },
    });
    if (taken.count === 0) return null;
    tx.emit(cycleStarted, {
      projectId,
      entityId: cycle.id,
      patch: { mode: cycle.mode, phase: 'started', cause: cycle.cause },
    });
    return tx.db.orchestratorCycle.findUniqueOrThrow({ where: { id: cycle.id } });
  });
}

async function runCycle(core: Core, cycle: OrchestratorCycle, lock: HeldLock, options: CycleOptions): Promise<void> {
  const { projectId } = cycle;
  const phaseTimes = { ...(cycle.phaseTimes as Record<string, string>) };
  const counts: Record<string, number> = {};
  const reach = async (phase: CyclePhase, more: Record<string, number> = {}): Promise<void> => {
    lock.assertHeld();
    Object.assign(counts, more);
    await inTransaction(core, async (tx) => {
      phaseTimes[phase] = (await databaseNow(tx.db)).toISOString();
      await tx.db.orchestratorCycle.update({
        where: { id: cycle.id },
        data: { phase, phaseTimes: { ...phaseTimes }, counts: { ...counts } },
      });
      tx.emit(cyclePhase, { projectId, entityId: cycle.id, patch: { mode: cycle.mode, phase } });
    });
    await options.onPhase?.(phase);
  };

  try {
    await options.onPhase?.('started');
    const inputs = await loadInputs(core, projectId);
    await reach('loaded_state', { messages: inputs.messages.length });
    await reach('validated_state', { brokenStateVersions: inputs.isStateBroken ? 1 : 0 });
    // Nothing is planned or scheduled in an archived project.
    const isOpen = !inputs.isArchived;
    const read = isOpen ? relayMessages(core, inputs.messages) : [];
    await reach('ingested_inputs', { requests: sum(read.map(({ requests }) => requests?.length ?? 0)) });
    const steps = new Steps();
    const planned = await steps.take({ tasks: 0, unread: 0 }, async (none) =>
      read.length > 0 ? planMessages(core, options.planner, await agentsOf(core, projectId), read) : none,
    );
    const assigned = await steps.take(0, async (none) =>
      isOpen ? planTasks(core, options.planner, projectId, cycle.mode) : none,
    );
    await reach('planned_tasks', { ...planned, assigned });
    const scheduled = await steps.take({ scheduled: 0, blocked: 0 }, async (none) =>
      isOpen ? scheduleRuns(core, projectId) : none,
    );
    await reach('scheduled_runs', scheduled);
    const version = await steps.take(null, async () =>
      rebuildStateDocument(core, projectId, describeCause(cycle.cause)),
    );
    await reach('updated_state', { newStateVersions: version === null ? 0 : 1 });
    steps.assertTaken();
    await finishCycle(core, cycle, 'completed', counts, null);
    await options.onPhase?.('completed');
  } catch (error) {
    // Tried again from the start by the same job; only a cycle that fails every time is given up.
    if (cycle.attempt >= MAX_ATTEMPTS) {
      await finishCycle(
        core,
        cycle,
        'failed',
        counts,
        `It failed ${cycle.attempt} times. The server's log has more under the id of this cycle.`,
      );
    }
    core.logger.error({ err: error, cycleId: cycle.id, projectId, attempt: cycle.attempt }, 'A cycle failed');
    throw error;
  }
}

async function finishCycle(
  core: Core,
  cycle: OrchestratorCycle,
  status: 'completed' | 'failed',
  counts: Record<string, number>,
  error: string | null,
): Promise<void> {
  await inTransaction(core, async (tx) => {
    const finishedAt = await databaseNow(tx.db);
    const seen = await tx.db.orchestratorCycle.findUniqueOrThrow({ where: { id: cycle.id } });
    await tx.db.orchestratorCycle.update({
      where: { id: cycle.id },
      data: {
        status,
        error,
        finishedAt,
        counts,
        ...(status === 'completed'
          ? { phase: 'completed', phaseTimes: { ...(seen.phaseTimes as object), completed: finishedAt.toISOString() } }
          : {}),
      },
    });
    tx.emit(cycleCompleted, {
      projectId: cycle.projectId,
      entityId: cycle.id,
      patch: { mode: cycle.mode, status, counts, error },
    });
  });
}

function agentsOf(core: Core, projectId: string): Promise<Agent[]> {
  return core.db.agent.findMany({ where: { projectId } });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
