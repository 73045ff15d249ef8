import type { AgentRun } from '#prisma/generated/client/client.ts';

/** Not ended. */
export const LIVE_STATUSES = ['pending', 'started', 'streaming'] as const;
/** A runner has it. */
export const CLAIMED_STATUSES = ['started', 'streaming'] as const;

/**
 * The same as SQL literals: a partial index serves a query only where the planner sees the values, and Prisma sends them
 * as parameters.
 */
export const LIVE_SQL = inSql(LIVE_STATUSES);
export const CLAIMED_SQL = inSql(CLAIMED_STATUSES);
/** Lost: its runner may come back with the tail of what it wrote, as evidence. */
export const LOST_SQL = `(status = 'timed_out' and reason in ('runner_lost', 'outcome_unknown'))`;
/** Takes what its runner brings of what it wrote. */
export const TAKES_SQL = `(status ${CLAIMED_SQL} or ${LOST_SQL})`;

export function isLive(run: { status: AgentRun['status'] }): boolean {
  return (LIVE_STATUSES as readonly string[]).includes(run.status);
}

export function isClaimed(run: { status: AgentRun['status'] }): boolean {
  return (CLAIMED_STATUSES as readonly string[]).includes(run.status);
}

function inSql(statuses: readonly AgentRun['status'][]): string {
  return `in (${statuses.map((status) => `'${status}'`).join(', ')})`;
}
