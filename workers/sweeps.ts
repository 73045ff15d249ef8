import { orchestratorCycle } from '#core/jobs/jobs.ts';
import type { Core } from '#core/platform/core.ts';
import { eachAlone } from '#core/platform/each-alone.ts';
import { sweepArchivedProjects } from '#core/projects/archive-project.ts';
import { RUNNERS_CHANNEL } from '#core/runners/commands.ts';
import type { RunnerMessage } from '#core/runners/commands.ts';
import { msToNextLeaseEnd, sweepLeases } from '#core/runs/sweep-leases.ts';

const CYCLE_SWEEP_MS = 5_000;
const PARTITION_SWEEP_MS = 6 * 3_600_000;
const MAX_LEASE_WAIT_MS = 5_000;

/**
 * The slow nets below the wake-ups: what a crash or an absent Redis has swallowed is found in the rows.
 * @returns stops them
 */
export function startSweeps(core: Core, runCyclesOf: (projectId: string) => Promise<unknown>): () => void {
  const stops = [
    repeat(core, 'leases', () =>
      sweepLeases(core)
        .then(() => msToNextLeaseEnd(core))
        .then((ms) => Math.min(MAX_LEASE_WAIT_MS, Math.max(100, ms ?? MAX_LEASE_WAIT_MS))),
    ),
    repeat(core, 'cycles', async () => {
      await wakeCycles(core, runCyclesOf);
      return CYCLE_SWEEP_MS;
    }),
    repeat(core, 'delayed runs', async () => {
      await wakeDelayedRuns(core);
      return CYCLE_SWEEP_MS;
    }),
    repeat(core, 'archived projects', async () => {
      await sweepArchivedProjects(core);
      return CYCLE_SWEEP_MS;
    }),
    repeat(core, 'log partitions', async () => {
      await core.pool.query(`select ensure_agent_run_log_partitions((now() at time zone 'UTC')::date, 3)`);
      return PARTITION_SWEEP_MS;
    }),
  ];
  return () => stops.forEach((stop) => stop());
}

/** Cycles that nobody works on: their wake-up was lost, or their worker died. */
async function wakeCycles(core: Core, runCyclesOf: (projectId: string) => Promise<unknown>): Promise<void> {
  const { rows } = await core.pool.query<{ id: string }>({
    name: 'stale_cycles',
    text: `select distinct project_id as id from orchestrator_cycles
            where (status = 'pending' and created_at < now() - interval '2 seconds') or status = 'running'`,
  });
  // Through the queue while Redis is there, so that workers share them; by ourselves when it is not.
  await eachAlone(core, 'to work off the cycles of a project', rows, ({ id: projectId }) =>
    core.bus.isConnected() ? core.queues.add(orchestratorCycle, { projectId }) : runCyclesOf(projectId),
  );
}

/** Retries whose delay has ended: their delayed wake-up may have been lost. */
async function wakeDelayedRuns(core: Core): Promise<void> {
  const { rows } = await core.pool.query<{ project_id: string }>({
    name: 'delayed_runs',
    text: `select distinct project_id from agent_runs where status = 'pending' and not_before between now() - interval '1 minute' and now()`,
  });
  for (const row of rows)
    core.bus.publish(RUNNERS_CHANNEL, { type: 'work', projectId: row.project_id } satisfies RunnerMessage);
}

/** Repeats work, waiting as long as it says in between; a failure is logged and it goes on. */
function repeat(core: Core, name: string, work: () => Promise<number>): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const round = async (): Promise<void> => {
    let waitMs = CYCLE_SWEEP_MS;
    try {
      waitMs = await work();
    } catch (error) {
      core.logger.warn({ err: error, sweep: name }, 'A sweep failed; it is repeated');
    }
    if (!isStopped) timer = setTimeout(() => void round(), waitMs);
  };
  void round();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
