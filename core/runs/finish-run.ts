import type { RunMetrics, RunGitOutcome } from '#contract/run-result.ts';
import { cutText } from '#contract/cut-text.ts';
import { MAX_REASON_CHARS } from '#contract/limits.ts';
import type { RunReason, TerminalRunStatus } from '#contract/enums.ts';
import type { Actor } from '#core/access/actor.ts';
import { nameOf } from '#core/access/actor.ts';
import { AgentConfig } from '#contract/agent-config.ts';
import { backOffMs } from '#contract/back-off.ts';
import { runCompleted } from '#core/events/catalogue.ts';
import { askForSignIn, forgetPauses, parkAgent } from '#core/agents/park-agent.ts';
import { requestCycle } from '#core/cycles/request-cycle.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { announceWork } from '#core/runners/commands.ts';
import { tellOfLoad } from '#core/runners/tell-projects.ts';
import { postRunMessage } from '#core/conversations/post-message.ts';
import { useOfRun } from '#core/spend/run-cost.ts';
import { appendTaskEvent } from '#core/tasks/append-task-event.ts';
import { changeTaskStatus } from '#core/tasks/change-status.ts';
import { putBackTask } from '#core/tasks/hold-task.ts';
import type { Agent, AgentRun, Prisma, Task } from '#prisma/generated/client/client.ts';
import { runActivityChannel } from './append-activity.ts';
import { runLogChannel } from './append-logs.ts';
import type { LaneEnd } from './follow-lane.ts';
import { closePermissions } from './run-permissions.ts';
import { questionOf } from './question-of.ts';
import { hasFailedTheSame, SAME_FAILURES } from './same-failure.ts';
import { createRun, scheduleTask } from './schedule-task.ts';
import { wasSessionMissed } from './session-to-resume.ts';

export interface RunEnding {
  status: TerminalRunStatus;
  reason: RunReason;
  message: string;
  exitCode?: number | null;
  summary?: string | null;
  sessionId?: string | null;
  metrics?: RunMetrics | null;
  git?: RunGitOutcome | null;
  paths?: string[];
  /** When the agent may be tried again, as it says. */
  resetsAt?: string | null;
}

/** What a second attempt may cure. The others end the same way until somebody changes something. */
const RETRYABLE: readonly RunReason[] = [
  'exit_code',
  'rate_limited',
  'overloaded',
  'agent_crashed',
  'worktree_failed',
  'disk_full',
  'internal',
  'run_timeout',
  'idle_timeout',
  'runner_lost',
];

/**
 * Ends a run and draws the consequences for its task, in the caller's transaction. The task's row must be locked
 * and the run live.
 */
export async function finishRun(
  tx: Tx,
  actor: Actor,
  run: AgentRun,
  task: Task | null,
  ending: RunEnding,
): Promise<void> {
  const { status, reason, exitCode = null, summary = null, sessionId = null, metrics = null, git = null } = ending;
  const message = messageOf(actor, run, task, ending);
  const finishedAt = await databaseNow(tx.db);
  await tx.db.agentRun.update({
    where: { id: run.id },
    data: {
      status,
      reason,
      message,
      exitCode,
      summary,
      question: run.kind === 'task' ? questionOf(summary) : null,
      sessionId,
      finishedAt,
      doing: null,
      ...(metrics ? { metrics } : {}),
      ...(await useOfRun(tx, run, metrics)),
      ...(git
        ? { baseBranch: git.baseBranch, branch: git.branch, baseCommit: git.baseCommit, headCommit: git.headCommit }
        : {}),
    },
  });
  await closePermissions(tx, run.id, finishedAt);
  tx.emit(runCompleted, {
    projectId: run.projectId,
    entityId: run.id,
    patch: {
      taskId: run.taskId,
      status,
      reason,
      message,
      exitCode,
      finishedAt: finishedAt.toISOString(),
      summary,
      metrics,
      lineCount: run.lineCount,
    },
  });
  if (run.runnerId) await tellOfLoad(tx, { runnerId: run.runnerId, projectId: run.projectId }, 'given_back');
  for (const channel of [runLogChannel(run.id), runActivityChannel(run.id)])
    tx.publish(channel, { end: true } satisfies LaneEnd);
  announceWork(tx, run.projectId);
  // One that never started has nothing to show.
  if (task && run.kind === 'task' && run.startedAt)
    await tx.db.task.update({ where: { id: task.id }, data: { resultRunId: run.id } });
  if (task)
    await (run.kind === 'merge'
      ? afterMerge(tx, actor, run, task, ending)
      : afterAttempt(tx, actor, run, task, ending));
  await requestCycle(tx, run.projectId, 'incremental', 'run_finished');
}

/** What a run that a person stopped says: who did it, and what became of its task; of the others, what they came to. */
function messageOf(actor: Actor, run: AgentRun, task: Task | null, { status, reason, message }: RunEnding): string {
  if (status !== 'canceled' || reason !== 'by_user' || !task) return message;
  const then =
    task.status === 'canceled'
      ? 'the task was canceled'
      : run.kind === 'merge'
        ? 'nothing was merged'
        : 'the task was put back';
  return `Stopped by ${run.cancelRequestedBy ?? nameOf(actor)}; ${then}.`;
}

async function afterAttempt(tx: Tx, actor: Actor, run: AgentRun, task: Task, ending: RunEnding): Promise<void> {
  // Canceled meanwhile: the task keeps that status, and the run is there as evidence.
  if (task.status !== 'in_progress') return;
  const agent = await tx.db.agent.findUniqueOrThrow({ where: { id: run.agentId } });
  if (ending.status === 'completed') return afterSuccess(tx, actor, run, task, agent, ending);
  // A cap has stopped it, and not the work: the task waits for the cap, also when the runner was lost on the way.
  if (run.cancelReason === 'budget') return waitForCap(tx, actor, run, task, ending);
  // Stopped is not failed, also when the runner was lost on the way: nothing follows until somebody starts it.
  if (ending.status === 'canceled' || run.cancelReason === 'by_user') {
    await putBackTask(tx, actor, task, run.cancelRequestedBy ?? nameOf(actor));
    return;
  }
  await appendTaskEvent(tx, actor, task, 'error', {
    runId: run.id,
    reason: ending.reason,
    message: ending.message,
    ...(ending.paths?.length ? { paths: ending.paths } : {}),
  });
  const failed = await changeTaskStatus(tx, actor, task, { to: 'failed', why: ending.message });
  if (ending.reason === 'quota' || ending.reason === 'sign_in_needed')
    return pauseAgent(tx, actor, failed, agent, ending);
  if (wasSessionMissed({ ...run, ...ending })) return beginAnew(tx, actor, failed);
  const { retry } = policyOf(agent);
  const { failures, losses } = await failuresInARow(tx, task.id);
  const isLost = ending.reason === 'runner_lost';
  if (!RETRYABLE.includes(ending.reason) || (isLost ? losses > MAX_LOSSES : failures >= retry.maxAttempts)) {
    await postRunMessage(tx, task, `“${task.title}” failed: ${ending.message}`);
    return;
  }
  if (!isLost && (await hasFailedTheSame(tx, task.id))) return askForHelp(tx, actor, failed, ending);
  const delayMs = isLost ? 0 : Math.max(backOffMs(retry, failures), await toldDelayMs(tx, ending));
  const when = delayMs > 0 ? `in ${Math.ceil(delayMs / 1000)} s` : 'at once';
  const count = `${failures + 1} of ${retry.maxAttempts}`;
  const why = isLost ? 'The next attempt follows at once.' : `Try ${count} follows ${when}.`;
  const queued = await changeTaskStatus(tx, actor, failed, { to: 'queued', why });
  const next = await scheduleTask(tx, actor, queued, { delayMs });
  // Its agent may have been taken away meanwhile: then nothing is tried until somebody helps.
  const then =
    next.status === 'blocked'
      ? `failed and is blocked (${next.blockedReason ?? ''})`
      : `is tried again ${when}${isLost ? '' : ` (try ${count})`}`;
  await postRunMessage(tx, task, `“${task.title}” ${then}: ${ending.message}`);
}

/** Nobody has stopped it and nothing has failed: it goes on as soon as the cap lets it, and no attempt is used up. */
async function waitForCap(tx: Tx, actor: Actor, run: AgentRun, task: Task, ending: RunEnding): Promise<void> {
  const words = run.stopWords ?? ending.message;
  const stopped = await changeTaskStatus(tx, actor, task, {
    to: 'failed',
    why: words,
    details: { isStopped: true, runId: run.id, reason: 'budget' },
    isPassing: true,
  });
  const queued = await changeTaskStatus(tx, actor, stopped, { to: 'queued', why: words });
  const next = await scheduleTask(tx, actor, queued);
  if (next.status === 'queued') await postRunMessage(tx, next, `“${next.title}” was stopped and waits: ${words}`);
}

/** It says nothing about the task, and uses up no attempt: the agent is what has to wait. */
async function pauseAgent(tx: Tx, actor: Actor, failed: Task, agent: Agent, ending: RunEnding): Promise<void> {
  const { reason, message: words } = ending;
  const resetsAt = ending.resetsAt ? new Date(ending.resetsAt) : null;
  const isQuota = reason === 'quota';
  const until = isQuota ? await parkAgent(tx, agent.id, { resetsAt, words }) : null;
  const isNews = isQuota || (await askForSignIn(tx, agent.id, words));
  const why = until
    ? `Goes on when the limit of use of the agent ${agent.name} is over, at ${until.toISOString().slice(0, 16).replace('T', ' ')} UTC.`
    : `Goes on when somebody has signed in the agent ${agent.name} and said so.`;
  const queued = await changeTaskStatus(tx, actor, failed, { to: 'queued', why });
  const next = await scheduleTask(tx, actor, queued);
  if (isNews && next.status === 'queued') await postRunMessage(tx, next, `“${next.title}” waits: ${words}`);
}

/** Its agent could not go on with the session of the attempt before: that was our order, and says nothing about the task. */
async function beginAnew(tx: Tx, actor: Actor, failed: Task): Promise<void> {
  const why = 'Its agent does not find its session any more: the next attempt follows at once and begins anew.';
  await scheduleTask(tx, actor, await changeTaskStatus(tx, actor, failed, { to: 'queued', why }));
}

/** Trying again has not helped and will not: a person has to look. */
async function askForHelp(tx: Tx, actor: Actor, failed: Task, { message }: RunEnding): Promise<void> {
  const words = `Failed ${SAME_FAILURES} times in the same way: ${message}`;
  const what = cutText(words, MAX_REASON_CHARS - HELP.length - 1, '…');
  const queued = await changeTaskStatus(tx, actor, failed, { to: 'queued', why: what, isPassing: true });
  const blocked = await changeTaskStatus(tx, actor, queued, { to: 'blocked', why: `${what} ${HELP}` });
  await postRunMessage(tx, blocked, `“${blocked.title}” is blocked. ${what}`);
}
const HELP = 'Change the task, its agent or the machine, then queue it again.';

/** A provider that says when to come back is not asked before. */
async function toldDelayMs(tx: Tx, { reason, resetsAt }: RunEnding): Promise<number> {
  if (reason !== 'rate_limited' || !resetsAt) return 0;
  return Math.min(new Date(resetsAt).getTime() - (await databaseNow(tx.db)).getTime(), MAX_TOLD_DELAY_MS);
}

/** What follows an attempt. A configuration that no longer fits the contract must not keep a run from ending: no retry, and a person reviews. */
function policyOf(agent: Agent): Pick<AgentConfig, 'retry' | 'review'> {
  const parsed = AgentConfig.safeParse(agent.configJson);
  return parsed.success
    ? parsed.data
    : { retry: { maxAttempts: 1, baseDelayMs: 0, maxDelayMs: 0 }, review: 'required' };
}

const MAX_TOLD_DELAY_MS = 3_600_000;

/** A lost runner says nothing about the work, so it has a count of its own; a task that takes every runner down must end all the same. */
const MAX_LOSSES = 5;

/** Attempts that have failed since one was completed: the policy counts these, not what a reviewer sent back. */
async function failuresInARow(tx: Tx, taskId: string): Promise<{ failures: number; losses: number }> {
  const completed = await tx.db.agentRun.aggregate({
    where: { taskId, kind: 'task', status: 'completed' },
    _max: { attempt: true },
  });
  const since: Prisma.AgentRunWhereInput = {
    taskId,
    kind: 'task',
    attempt: { gt: completed._max.attempt ?? 0 },
    status: { in: ['failed', 'timed_out'] },
    // These say nothing about the task.
    NOT: { reason: { in: ['quota', 'sign_in_needed'] } },
  };
  const losses = await tx.db.agentRun.count({ where: { ...since, status: 'timed_out', reason: 'runner_lost' } });
  return {
    losses,
    failures: (await tx.db.agentRun.count({ where: since })) - losses,
  };
}

/** Ended well is not done: a person looks at the changes, or at what the agent has to say, unless the agent's policy spares it. */
async function afterSuccess(
  tx: Tx,
  actor: Actor,
  run: AgentRun,
  task: Task,
  agent: Agent,
  ending: RunEnding,
): Promise<void> {
  await forgetPauses(tx, agent);
  const review = await changeTaskStatus(tx, actor, task, { to: 'needs_review', why: ending.message });
  await postRunMessage(tx, task, ending.summary?.trim() || `“${task.title}”: ${ending.message}`);
  if (policyOf(agent).review !== 'auto') return;
  if (!ending.git)
    await changeTaskStatus(tx, actor, review, {
      to: 'done',
      why: "Approved by the agent's review policy; there was nothing to merge.",
    });
  else
    await requestMerge(tx, review, {
      ...run,
      headCommit: ending.git.headCommit,
      branch: ending.git.branch,
      baseBranch: ending.git.baseBranch,
      baseCommit: ending.git.baseCommit,
    });
}

/** Adds the run that puts an approved branch into its base; exactly the commit that was seen is merged. */
export async function requestMerge(tx: Tx, task: Task, run: AgentRun): Promise<AgentRun> {
  return createRun(tx, task, 'merge', run.agentId, {
    fields: { branch: run.branch, baseBranch: run.baseBranch, baseCommit: run.baseCommit, headCommit: run.headCommit },
  });
}

async function afterMerge(tx: Tx, actor: Actor, run: AgentRun, task: Task, ending: RunEnding): Promise<void> {
  if (task.status !== 'needs_review') return;
  if (ending.status === 'completed') {
    await changeTaskStatus(tx, actor, task, { to: 'done', why: ending.message, details: { isMerged: true } });
    return;
  }
  const eventType = ending.status === 'canceled' ? 'log' : 'error';
  await appendTaskEvent(tx, actor, task, eventType, {
    runId: run.id,
    reason: ending.reason,
    message: ending.message,
    ...(ending.paths?.length ? { paths: ending.paths } : {}),
  });
}
