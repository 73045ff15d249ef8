import { MAX_RUN_MESSAGE_CHARS } from '#contract/limits.ts';
import { cutText } from '#contract/cut-text.ts';
import { sessionId } from '#contract/fields.ts';
import type { RunResult } from '#contract/run-result.ts';
import type { Finished } from './finish-run.ts';
import type { KeeperStatus } from './keeper-protocol.ts';
import type { RunContext } from './run-context.ts';
import { ownUse } from '../readers/own-use.ts';
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
  const use = reading && ownUse(reading, spec.session);
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
      inputTokens: use?.usage?.inputTokens ?? null,
      cachedInputTokens: use?.usage?.cachedInputTokens ?? null,
      outputTokens: use?.usage?.outputTokens ?? null,
      costUsd: use?.costUsd ?? null,
    },
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
