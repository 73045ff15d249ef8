import { removeDeleted } from '#core/deletions/remove-deleted.ts';
import { removeOldCalls } from '#core/idempotency/keys.ts';
import type { JobDefinition } from '#core/jobs/define-job.ts';
import { copyStateToGit, orchestratorCycle, rebuildState } from '#core/jobs/jobs.ts';
import type { ProjectPayload } from '#core/jobs/jobs.ts';
import type { Core } from '#core/platform/core.ts';
import { eachAlone } from '#core/platform/each-alone.ts';
import { sweepArchivedProjects } from '#core/projects/archive-project.ts';
import { sweepRecordings } from '#core/recordings/recordings-due.ts';
import { applyRetention } from '#core/retention/apply-retention.ts';
import { RUNNERS_CHANNEL } from '#core/runners/commands.ts';
import type { RunnerMessage } from '#core/runners/commands.ts';
import { expirePermissions } from '#core/runs/expire-permissions.ts';
import { msToNextLeaseEnd, sweepLeases } from '#core/runs/sweep-leases.ts';
import { stopRunsOverCaps } from '#core/spend/stop-over-caps.ts';
import { wakeForNewDay } from '#core/spend/wake-for-new-day.ts';
import { addUpSpendDays, mendSpendDays } from '#core/spend/spend-days.ts';
import { copyStateVersions, UNCOPIED_SQL } from '#core/state/copy-to-git.ts';
import { rebuildStaleState } from '#core/state/rebuild-state.ts';
import { addUpTaskCounts, mendTaskCounts } from '#core/tasks/task-counts.ts';

const CYCLE_SWEEP_MS = 5_000;
/** An agent waits for its answer this much longer than people had for it. */
const QUESTION_SWEEP_MS = 1_000;
/** A run that is over a cap goes on for this long at most. */
const CAP_SWEEP_MS = 5_000;
const SPEND_SWEEP_MS = 30_000;
const DAILY_SWEEP_MS = 6 * 3_600_000;
const RETENTION_MS = 3_600_000;
/** Each of these reads every task, or every run. */
const DAY_MS = 24 * 3_600_000;
const MAX_LEASE_WAIT_MS = 5_000;

/**
 * The slow nets below the wake-ups: what a crash or an absent Redis has swallowed is found in the rows.
 * @returns stops them
 */
export function startSweeps(
  core: Core,
  runCyclesOf: (projectId: string) => Promise<unknown>,
  transcribe: (recordingId: string) => Promise<void>,
): () => void {
  const stops = [
    repeat(core, 'leases', () =>
      sweepLeases(core)
        .then(() => msToNextLeaseEnd(core))
        .then((ms) => Math.min(MAX_LEASE_WAIT_MS, Math.max(100, ms ?? MAX_LEASE_WAIT_MS))),
    ),
    ...sweepsOf(core, runCyclesOf).map((sweep) =>
      repeat(core, sweep.job.name, async () => {
        await wakeProjects(core, sweep);
        return CYCLE_SWEEP_MS;
      }),
    ),
    repeat(core, 'delayed runs', async () => {
      await wakeDelayedRuns(core);
      return CYCLE_SWEEP_MS;
    }),
    repeat(core, 'unanswered questions', async () => {
      await expirePermissions(core);
      return QUESTION_SWEEP_MS;
    }),
    repeat(core, 'caps', async () => {
      await stopRunsOverCaps(core);
      return CAP_SWEEP_MS;
    }),
    repeat(core, 'caps of a new day', () => wakeForNewDay(core)),
    repeat(core, 'task counts', async () => {
      await addUpTaskCounts(core);
      return CYCLE_SWEEP_MS;
    }),
    repeat(core, 'wrong task counts', async () => {
      await mendTaskCounts(core);
      return DAY_MS;
    }),
    repeat(core, 'spend of days', async () => {
      await addUpSpendDays(core);
      return SPEND_SWEEP_MS;
    }),
    repeat(core, 'wrong spend of days', async () => {
      await mendSpendDays(core);
      return DAY_MS;
    }),
    repeat(core, 'archived projects', async () => {
      await sweepArchivedProjects(core);
      return CYCLE_SWEEP_MS;
    }),
    repeat(core, 'recordings', async () => {
      await sweepRecordings(core, transcribe);
      return CYCLE_SWEEP_MS;
    }),
    repeat(core, 'deletions', async () => ((await removeDeleted(core)) ? 0 : CYCLE_SWEEP_MS)),
    repeat(core, 'retention', async () => ((await applyRetention(core)) ? 0 : RETENTION_MS)),
    repeat(core, 'what days bring', async () => {
      await core.pool.query(`select ensure_agent_run_log_partitions((now() at time zone 'UTC')::date, 3)`);
      await removeOldCalls(core.db);
      return DAILY_SWEEP_MS;
    }),
  ];
  return () => stops.forEach((stop) => stop());
}

interface Sweep {
  job: JobDefinition<ProjectPayload>;
  /** Names the projects that have work, and whether it is overdue. */
  sql: string;
  work(projectId: string): Promise<unknown>;
}

/**
 * Work that nobody does: its wake-up was lost, or its worker died. Through the queue, so that workers share it; by
 * ourselves without Redis, and when the queue has had half a minute for it.
 */
async function wakeProjects(core: Core, { job, sql, work }: Sweep): Promise<void> {
  const { rows } = await core.pool.query<{ id: string; is_overdue: boolean }>({ name: `sweep ${job.name}`, text: sql });
  await eachAlone(core, `to do what is left of ${job.name}`, rows, ({ id: projectId, is_overdue: isOverdue }) =>
    core.bus.isConnected() && !isOverdue ? core.queues.add(job, { projectId }) : work(projectId),
  );
}

function sweepsOf(core: Core, runCyclesOf: (projectId: string) => Promise<unknown>): Sweep[] {
  return [
    {
      job: orchestratorCycle,
      sql: `select project_id as id, bool_or(status = 'pending' and created_at < now() - interval '30 seconds') as is_overdue
              from orchestrator_cycles
             where (status = 'pending' and created_at < now() - interval '2 seconds') or status = 'running'
             group by project_id`,
      work: runCyclesOf,
    },
    {
      job: rebuildState,
      // Not while a cycle is on its way, which ends with the document.
      sql: `select p.id, p.updated_at < now() - interval '30 seconds' as is_overdue from projects p
             where p.deleting_at is null and p.state_changes > p.state_rendered and p.updated_at < now() - interval '2 seconds'
               and not exists (select 1 from orchestrator_cycles c where c.project_id = p.id and c.status in ('pending', 'running'))`,
      work: (projectId) => rebuildStaleState(core, projectId),
    },
    {
      job: copyStateToGit,
      sql: `select p.id, bool_or(v.updated_at < now() - interval '30 seconds') as is_overdue
              from projects p join project_state_versions v on v.project_id = p.id and v.version >= p.state_copied
             where p.deleting_at is null and ${UNCOPIED_SQL} and v.updated_at < now() - interval '2 seconds' group by p.id`,
      work: (projectId) => copyStateVersions(core, projectId),
    },
  ];
}

/** Retries whose delay has ended, and agents whose limit of use is over: their delayed wake-up may have been lost. */
async function wakeDelayedRuns(core: Core): Promise<void> {
  const { rows } = await core.pool.query<{ project_id: string }>({
    name: 'delayed_runs',
    text: `select distinct project_id from agent_runs where status = 'pending' and not_before between now() - interval '1 minute' and now()
            union select project_id from agents where parked_until between now() - interval '1 minute' and now()`,
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
