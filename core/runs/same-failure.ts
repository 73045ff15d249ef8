import type { Tx } from '#core/platform/in-transaction.ts';

/** So often in a row in the same way, and nothing is tried any more before somebody has looked. */
export const SAME_FAILURES = 3;

/**
 * Whether the task's last attempts have all failed in the same way: for the same reason, with the same message but for
 * numbers, ids and spaces. Lost runners say nothing about the work and have a count of their own, nor do limits of use
 * and signing in; they and stopped attempts are passed over. One that was completed ends the row.
 */
export async function hasFailedTheSame(tx: Tx, taskId: string): Promise<boolean> {
  const last = await tx.db.$queryRaw<{ status: string; reason: string; message: string | null }[]>`
    select status::text, reason::text, message from agent_runs
     where task_id = ${taskId}::uuid and kind = 'task' and status in ('completed', 'failed', 'timed_out')
       and reason not in ('quota', 'sign_in_needed', 'runner_lost')
     order by attempt desc limit ${SAME_FAILURES}`;
  const ways = new Set(last.map(({ status, reason, message }) => `${status} ${reason} ${normalised(message ?? '')}`));
  return last.length === SAME_FAILURES && ways.size === 1 && last[0]?.status !== 'completed';
}

/** What of a message says how it failed. */
function normalised(message: string): string {
  return message
    .toLowerCase()
    .replace(/\b(?=[0-9a-f-]*\d)[0-9a-f-]{7,}\b|\d+/g, '#')
    .replace(/\s+/g, ' ')
    .trim();
}
