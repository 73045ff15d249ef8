import { RunSpec } from '#contract/run-spec.ts';
import type { RunResult } from '#contract/run-result.ts';
import type { RunnerActor, UserActor } from '#core/access/actor.ts';
import { findWaitingTasks, planTasks } from '#core/cycles/plan-tasks.ts';
import { rulesPlanner } from '#core/planner/rules/rules-planner.ts';
import { scheduleRuns } from '#core/cycles/schedule-runs.ts';
import type { ScheduleCounts } from '#core/cycles/schedule-runs.ts';
import type { Core } from '#core/platform/core.ts';
import { appendRunActivity } from '#core/runs/append-activity.ts';
import { askPermission, withdrawPermission } from '#core/runs/ask-permission.ts';
import { appendRunLogs } from '#core/runs/append-logs.ts';
import { claimRun } from '#core/runs/claim-run.ts';
import { completeRun } from '#core/runs/complete-run.ts';
import { requestLanding } from '#core/runs/landing.ts';
import { reportLanding } from '#core/runs/report-landing.ts';
import { findWaitingReasons } from '#core/runs/waiting-reasons.ts';
import { takeRunInput } from '#core/runs/take-run-input.ts';
import type { TakenInput } from '#core/runs/take-run-input.ts';
import { createTask } from '#core/tasks/create-task.ts';
import type { NewTask } from '#core/tasks/create-task.ts';
import type { Agent, AgentRun, Project, RunPermission, Task } from '#prisma/generated/client/client.ts';

const COMMIT = { base: 'a'.repeat(40), head: 'b'.repeat(40) };

/** What a runner would hand back for a run that went well and made a commit; `changes` say otherwise. */
export function resultOf(spec: RunSpec, changes: Partial<RunResult> = {}): RunResult {
  return {
    runId: spec.runId,
    status: 'completed',
    reason: 'ok',
    message: 'Changed 1 file.',
    exitCode: 0,
    resetsAt: null,
    summary: 'Added the file.',
    sessionId: null,
    lineCount: 0,
    paths: [],
    metrics: {
      wallSeconds: 1,
      cpuSeconds: 0.5,
      peakMemoryBytes: 1_000_000,
      lines: 0,
      inputTokens: null,
      cachedInputTokens: null,
      outputTokens: null,
      costUsd: null,
    },
    git: {
      baseBranch: 'main',
      branch: spec.branch,
      baseCommit: COMMIT.base,
      headCommit: COMMIT.head,
      filesChanged: 1,
      additions: 1,
      deletions: 0,
    },
    ...changes,
  };
}

export const failed = {
  status: 'failed',
  reason: 'exit_code',
  message: 'The command ended with 1.',
  exitCode: 1,
  git: null,
} as const satisfies Partial<RunResult>;

export interface HeldRun {
  spec: RunSpec;
  token: string;
  runner: RunnerActor;
}

type AskedPermission = Parameters<typeof askPermission>[2]['permission'];
const asked = (key: string, changes: Partial<AskedPermission>): AskedPermission => ({
  key,
  title: 'Run npm publish',
  toolKind: 'execute',
  target: 'npm publish',
  detail: 'npm publish --access public',
  timeoutMs: 60_000,
  ...changes,
});

/** A runner's side of a run, through the commands that the API calls. */
export function runnerSide(core: Core, runner: RunnerActor) {
  return {
    /** Claims, and fails loudly when there is nothing to claim. */
    async claim(): Promise<HeldRun> {
      const claimed = await claimRun(core, runner);
      if (!claimed) throw new Error(`Expected ${runner.name} to be given a run`);
      const spec = RunSpec.parse(claimed.spec);
      return { spec, token: spec.lease.token, runner };
    },
    /** @param claimId the runner's own, to be given the same run again */
    async claimOrNull(claimId: string | null = null): Promise<HeldRun | null> {
      const claimed = await claimRun(core, runner, claimId);
      return claimed && { spec: claimed.spec, token: claimed.spec.lease.token, runner };
    },
    append: (
      held: HeldRun,
      firstSeq: number,
      messages: string[],
      streams = '1'.repeat(messages.length),
    ): Promise<number> =>
      appendRunLogs(core, runner, { runId: held.spec.runId, leaseToken: held.token, firstSeq, streams, messages }),
    /** @param entries of contract/activity.ts, or what another version may bring */
    appendActivity: (held: HeldRun, firstSeq: number, entries: unknown): Promise<number> =>
      appendRunActivity(core, runner, { runId: held.spec.runId, leaseToken: held.token, firstSeq, entries }),
    /** Asks before the agent runs a command; `changes` say otherwise. */
    ask: (held: HeldRun, key: string, changes: Partial<AskedPermission> = {}): Promise<RunPermission> =>
      askPermission(core, runner, { runId: held.spec.runId, leaseToken: held.token, permission: asked(key, changes) }),
    withdraw: (held: HeldRun, key: string): Promise<void> =>
      withdrawPermission(core, runner, { runId: held.spec.runId, leaseToken: held.token, key }),
    take: (held: HeldRun, after = -1): Promise<TakenInput[]> =>
      takeRunInput(core, runner, { runId: held.spec.runId, leaseToken: held.token, after }),
    /** A merge that went well had the last word for what it says it moved. */
    async complete(held: HeldRun, changes: Partial<RunResult> = {}): Promise<AgentRun> {
      const result = resultOf(held.spec, changes);
      if (held.spec.kind === 'merge' && result.status === 'completed') await this.requestLanding(held);
      return completeRun(core, runner, held.token, result);
    },
    requestLanding: (held: HeldRun): Promise<AgentRun> =>
      requestLanding(core, runner, {
        runId: held.spec.runId,
        leaseToken: held.token,
        baseCommit: COMMIT.base,
        mergeCommit: COMMIT.head,
      }),
    reportLanding: (held: HeldRun, isMerged: boolean, note: string | null = null): Promise<AgentRun> =>
      reportLanding(core, runner, {
        runId: held.spec.runId,
        leaseToken: held.token,
        isMerged,
        headCommit: isMerged ? COMMIT.head : null,
        note,
      }),
  };
}

/** A task with an agent, so that its run is pending at once. */
export async function scheduledTask(
  core: Core,
  user: UserActor,
  project: Project,
  agent: Agent,
  fields: Partial<NewTask> = {},
): Promise<Task> {
  return createTask(core, user, { projectId: project.id, title: 'Add a file', agentId: agent.id, ...fields });
}

/** Why a task waits, as whoever reads it is told. */
export async function waitingReasonOf(core: Core, { id }: Pick<Task, 'id'>): Promise<string | null> {
  const { status, heldBy } = await core.db.task.findUniqueOrThrow({ where: { id } });
  const [reason = null] = await findWaitingReasons(core, [{ type: 'task', id, status, heldBy }]);
  return reason;
}

/** Ends a lease by the database's clock, as if the runner had been silent for that long. */
export async function endLease(core: Core, runId: string): Promise<void> {
  await core.pool.query(
    `update agent_runs set lease_expires_at = clock_timestamp() - interval '1 hour' where id = $1`,
    [runId],
  );
}

/** As if the run's agent were one that is run live, whatever it is configured as. */
export async function makeLive(core: Core, { spec }: HeldRun): Promise<void> {
  await core.db.agentRun.update({ where: { id: spec.runId }, data: { takesInput: true } });
}

/** What an incremental cycle does with the tasks that wait, and nothing else of it. */
export async function scheduleWaiting(core: Core, projectId: string): Promise<ScheduleCounts> {
  const agents = await core.db.agent.findMany({ where: { projectId } });
  const tasks = await findWaitingTasks(core, projectId, 'incremental');
  return scheduleRuns(core, agents, await planTasks(core, rulesPlanner, agents, tasks));
}
