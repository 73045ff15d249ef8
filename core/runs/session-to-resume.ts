import type { RunReason } from '#contract/enums.ts';
import { RunMetrics } from '#contract/run-result.ts';
import type { RunSpec } from '#contract/run-spec.ts';
import type { Queryable } from '#core/platform/db.ts';
import type { AgentRun } from '#prisma/generated/client/client.ts';

/** Gone on with, it would end the same way: there is no room left in it, or what was refused stands in it. */
const USELESS_AFTER: readonly RunReason[] = ['context_full', 'refused', 'nothing_done'];
/** How a program ends that does not find its session, before it has asked its model anything. */
const NOT_FOUND_AS: readonly RunReason[] = ['exit_code', 'agent_crashed', 'nothing_done'];

/**
 * The session of the attempt before, for the next one to go on with: of the same agent and on the same runner, where the
 * agent keeps it; and what the task's runs have used in it so far.
 * @param run the attempt that is about to start; its `runnerId` is set
 * @returns null: it begins anew
 */
export async function sessionToResume(db: Queryable, run: AgentRun): Promise<RunSpec['session']> {
  if (run.taskId === null || run.kind !== 'task') return null;
  const last = await db.agentRun.findFirst({
    where: { taskId: run.taskId, kind: 'task', attempt: { lt: run.attempt }, startedAt: { not: null } },
    orderBy: { attempt: 'desc' },
  });
  if (!last?.sessionId || last.agentId !== run.agentId || last.runnerId !== run.runnerId) return null;
  if ((last.reason && USELESS_AFTER.includes(last.reason)) || wasSessionMissed(last)) return null;
  const { taskId } = run;
  const earlier = await db.agentRun.findMany({
    where: { taskId, kind: 'task', sessionId: last.sessionId },
    select: { metrics: true },
  });
  const session = { id: last.sessionId, inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, costUsd: 0 };
  for (const { metrics } of earlier) {
    const used = RunMetrics.safeParse(metrics).data;
    session.inputTokens += used?.inputTokens ?? 0;
    session.cachedInputTokens += used?.cachedInputTokens ?? 0;
    session.outputTokens += used?.outputTokens ?? 0;
    session.costUsd += used?.costUsd ?? 0;
  }
  return session;
}

/** Notes what a run was told to go on with. */
export async function noteSession(db: Queryable, run: AgentRun, { session }: RunSpec): Promise<void> {
  const resumedSessionId = session?.id ?? null;
  if (resumedSessionId !== run.resumedSessionId)
    await db.agentRun.update({ where: { id: run.id }, data: { resumedSessionId } });
}

/** The run was to go on with a session that its program does not seem to have any more: it has asked its model nothing. */
export function wasSessionMissed(run: {
  resumedSessionId: string | null;
  status: string;
  reason: RunReason | null;
  metrics: unknown;
}): boolean {
  if (run.resumedSessionId === null || run.status !== 'failed' || !run.reason || !NOT_FOUND_AS.includes(run.reason))
    return false;
  return !RunMetrics.safeParse(run.metrics).data?.outputTokens;
}
