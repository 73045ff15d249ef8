import { MAX_RUN_MESSAGE_CHARS } from '#contract/limits.ts';
import { cutText } from '#contract/cut-text.ts';
import type { RunResult } from '#contract/run-result.ts';
import type { Finished } from './finish-run.ts';
import type { KeeperStatus } from './keeper-protocol.ts';
import type { RunContext } from './run-context.ts';
import { summarize } from './summary.ts';

const MAX_PATHS = 1_000;
const MAX_PATH_CHARS = 4_096;

/**
 * The result of a run, masked; its lines are counted when they are stored.
 * @param status the keeper's last word; null: there was none
 * @param wallSeconds as we saw it, for a run that no keeper has measured
 */
export function makeResult(
  run: RunContext,
  finished: Finished,
  status: KeeperStatus | null,
  wallSeconds: number,
): RunResult {
  const { spec, masker } = run;
  const message = cutText(masker.mask(finished.outcome.message), MAX_RUN_MESSAGE_CHARS);
  return {
    runId: spec.runId,
    status: finished.outcome.status,
    reason: finished.outcome.reason,
    message,
    exitCode: status?.exitCode ?? null,
    summary: spec.kind === 'merge' ? message : summaryOf(run),
    lineCount: 0,
    git: finished.git,
    paths: finished.paths.slice(0, MAX_PATHS).map((path) => cutText(masker.mask(path), MAX_PATH_CHARS)),
    metrics: {
      wallSeconds: status?.wallSeconds ?? wallSeconds,
      cpuSeconds: status?.cpuSeconds ?? null,
      peakMemoryBytes: status?.peakMemoryBytes ?? null,
      lines: 0,
      inputTokens: null,
      outputTokens: null,
      costUsd: null,
    },
  };
}

function summaryOf({ folder, masker, host, spec }: RunContext): string | null {
  try {
    return summarize(folder.path, masker);
  } catch (error) {
    host.logger.warn({ err: error, runId: spec.runId }, 'the output of a run can not be read for its summary');
    return null;
  }
}
