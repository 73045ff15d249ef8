import { MAX_RUN_MESSAGE_CHARS } from '#contract/limits.ts';
import { cutText } from '#contract/cut-text.ts';
import { sessionId } from '#contract/fields.ts';
import type { RunResult } from '#contract/run-result.ts';
import type { RunSpec } from '#contract/run-spec.ts';
import type { Finished } from './finish-run.ts';
import type { KeeperStatus } from './keeper-protocol.ts';
import type { RunContext } from './run-context.ts';
import type { Reading } from '../readers/reading.ts';
import { summarize } from './summary.ts';

const MAX_PATHS = 1_000;
const MAX_PATH_CHARS = 4_096;
/** What an agent says last is a message in the chat. */
const MAX_SUMMARY_CHARS = 4_000;

/**
 * The result of a run, masked; its lines are counted when they are stored.
 * @param status the keeper's last word; null: there was none
 * @param reading what the agent's stream says; null: nobody can read it
 * @param wallSeconds as we saw it, for a run that no keeper has measured
 */
export function makeResult(
  run: RunContext,
  finished: Finished,
  status: KeeperStatus | null,
  reading: Reading | null,
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
    resetsAt: reading?.resetsAt?.toISOString() ?? null,
    sessionId: sessionId.safeParse(reading?.sessionId).data ?? null,
    summary: spec.kind === 'merge' ? message : summaryOf(run, reading),
    lineCount: 0,
    git: finished.git,
    paths: finished.paths.slice(0, MAX_PATHS).map((path) => cutText(masker.mask(path), MAX_PATH_CHARS)),
    metrics: {
      wallSeconds: status?.wallSeconds ?? wallSeconds,
      cpuSeconds: status?.cpuSeconds ?? null,
      peakMemoryBytes: status?.peakMemoryBytes ?? null,
      lines: 0,
      ...ownUse(reading, spec.session),
    },
  };
}

/** What this run alone has used: some programs count on over a session that is gone on with. */
function ownUse(
  reading: Reading | null,
  before: RunSpec['session'],
): Pick<RunResult['metrics'], 'inputTokens' | 'cachedInputTokens' | 'outputTokens' | 'costUsd'> {
  const { usage = null, costUsd = null, isUsageOfSession = false, isCostOfSession = false } = reading ?? {};
  const without = (total: number | undefined, known: number | undefined, isOfSession: boolean): number | null => {
    if (total === undefined) return null;
    // Less than it was is no sum: it counts this run alone.
    return isOfSession && known !== undefined && total >= known ? total - known : total;
  };
  return {
    inputTokens: without(usage?.inputTokens, before?.inputTokens, isUsageOfSession),
    cachedInputTokens: without(usage?.cachedInputTokens, before?.cachedInputTokens, isUsageOfSession),
    outputTokens: without(usage?.outputTokens, before?.outputTokens, isUsageOfSession),
    costUsd: without(costUsd ?? undefined, before?.costUsd, isCostOfSession),
  };
}

function summaryOf({ folder, masker, host, spec }: RunContext, reading: Reading | null): string | null {
  if (reading?.isRecognised) return reading.lastText && cutText(masker.mask(reading.lastText), MAX_SUMMARY_CHARS, '…');
  try {
    return summarize(folder.path, masker);
  } catch (error) {
    host.logger.warn({ err: error, runId: spec.runId }, 'the output of a run can not be read for its summary');
    return null;
  }
}
