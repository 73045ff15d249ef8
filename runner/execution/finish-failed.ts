import { diskFaultOf } from './disk.ts';
import type { Finished } from './finish-run.ts';
import { onFullDisk, outcomeOf, RunFailure, type Outcome } from './outcome.ts';
import type { RunContext } from './run-context.ts';

/**
 * What a run comes to when something failed outside its own programs.
 * @param outcome how these had ended; null: they had not. When they had failed already, their reason stands
 */
export function finishFailed({ host, spec }: RunContext, error: unknown, outcome: Outcome | null): Finished {
  const isExpected = error instanceof RunFailure;
  if (!isExpected) host.logger.error({ err: error, runId: spec.runId }, 'a run failed inside the runner');
  const stands = outcome !== null && outcome.status !== 'completed';
  const judged = stands ? outcome : outcomeOf(error);
  // Not everything that fails for want of room says so.
  const isDiskFull = diskFaultOf(error) === 'full' || (!isExpected && host.reserve.releaseWhenFull());
  const paths = isExpected ? error.paths : [];
  return { outcome: isDiskFull ? onFullDisk(judged) : judged, git: null, paths, artifacts: [] };
}
