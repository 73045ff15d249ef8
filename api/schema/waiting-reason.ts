import type { ApiContext } from '#api/context.ts';
import { findWaitingReasons } from '#core/runs/waiting-reasons.ts';
import type { Waits } from '#core/runs/waiting-reasons.ts';
import { loadInBatch } from './lists/batch.ts';

/** What the fields say of when it is true. */
export const WHEN_READ = 'Worked out when it is read: it changes without a new `revision`.';

/** Why a run or a task waits; all that an operation asks for at once is worked out together. */
export async function loadWaitingReason(context: ApiContext, waits: Waits): Promise<string | null> {
  if (waits.status !== (waits.type === 'run' ? 'pending' : 'queued')) return null;
  return loadInBatch(context, 'waiting reasons', waits, (all) => findWaitingReasons(context.core, all));
}
