import { MAX_RUN_MESSAGE_CHARS } from '#contract/limits.ts';
import { cutText } from '#contract/cut-text.ts';
import type { RunResult } from '#contract/run-result.ts';
import { LeaseLostError, type ControlPlane, type RunLease } from '../control-plane/control-plane.ts';
import { retrying } from '../control-plane/retry.ts';
import { LogGapError } from '../logs/log-pump.ts';
import type { Logger } from '../logger.ts';
import type { Outcome } from './outcome.ts';

export interface GiveBackOrder {
  controlPlane: ControlPlane;
  lease: RunLease;
  outcome: Outcome;
  signal: AbortSignal;
  logger: Logger;
}

/**
 * Ends a run of which nothing is, or nothing can be read, on this machine. Its log is whatever the control plane has.
 * @throws what the control plane refuses it with; not when the run is not ours any more
 */
export async function giveBack({ controlPlane, lease, outcome, signal, logger }: GiveBackOrder): Promise<void> {
  const tell = (lines: number): Promise<void> =>
    retrying(() => controlPlane.complete(lease, resultOf(lease, outcome, lines)), signal);
  try {
    await tell(0).catch((error: unknown) => {
      if (!(error instanceof LogGapError)) throw error;
      return tell(error.expectedSeq);
    });
    logger.info({ runId: lease.runId, status: outcome.status, reason: outcome.reason }, 'run given back');
  } catch (error) {
    if (!(error instanceof LeaseLostError)) throw error;
    logger.info({ runId: lease.runId }, 'a run that was to be given back is not ours any more');
  }
}

function resultOf({ runId }: RunLease, { status, reason, message }: Outcome, lines: number): RunResult {
  return {
    runId,
    status,
    reason,
    message: cutText(message, MAX_RUN_MESSAGE_CHARS),
    exitCode: null,
    resetsAt: null,
    summary: null,
    sessionId: null,
    lineCount: lines,
    git: null,
    paths: [],
    metrics: {
      wallSeconds: 0,
      cpuSeconds: null,
      peakMemoryBytes: null,
      lines,
      inputTokens: null,
      cachedInputTokens: null,
      outputTokens: null,
      costUsd: null,
    },
  };
}
