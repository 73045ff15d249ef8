import { MAX_RUN_MESSAGE_CHARS } from '#contract/limits.ts';
import { cutText } from '#contract/cut-text.ts';
import type { RunResult } from '#contract/run-result.ts';
import type { RunSpec } from '#contract/run-spec.ts';
import {
  isTokenRefused,
  LeaseLostError,
  RefusedError,
  TransientError,
  type ArtifactFile,
  type ControlPlane,
  type RunLease,
} from '../control-plane/control-plane.ts';
import { retrying } from '../control-plane/retry.ts';
import { LogGapError } from '../logs/log-pump.ts';
import type { Masker } from '../logs/mask.ts';
import type { Logger } from '../logger.ts';
import { awakeOrAsleepMs } from './awake-or-asleep.ts';
import type { LeaseGuard } from './lease-guard.ts';
import { maskArtifact } from './mask-artifact.ts';

/** How long something that is not the control plane may refuse one file while the control plane answers all else. */
const ARTIFACT_PATIENCE_MS = 60_000;

export interface ReportOrder {
  controlPlane: ControlPlane;
  lease: RunLease;
  guard: LeaseGuard;
  masker: Masker;
  logger: Logger;
  /** Aborted when nothing more may be told: the runner leaves, or the run is not ours any more. */
  signal: AbortSignal;
  /** Sends again what the control plane has lost of the log. @returns the number of lines */
  resend: () => Promise<number>;
}

/** @returns one sentence for each file that the control plane did not take */
export async function tellArtifacts(order: ReportOrder, artifacts: readonly ArtifactFile[]): Promise<string[]> {
  const notes: string[] = [];
  for (const artifact of artifacts) {
    try {
      await tellArtifact(order, maskArtifact(artifact, order.masker));
    } catch (error) {
      // What is refused, or can not be read, is one file: the result does not depend on it.
      if (order.signal.aborted || error instanceof LeaseLostError || isTokenRefused(error)) throw error;
      order.logger.warn(
        { err: error, runId: order.lease.runId, artifact: artifact.name },
        'an artifact could not be stored',
      );
      notes.push(`The file ${order.masker.mask(artifact.name)} could not be stored: ${messageOf(error)}`);
    }
  }
  return notes;
}

async function tellArtifact(
  { controlPlane, lease, guard, signal }: ReportOrder,
  artifact: ArtifactFile,
): Promise<void> {
  const begunMs = awakeOrAsleepMs();
  await retrying(
    () => controlPlane.uploadArtifact(lease, artifact),
    signal,
    (error) => {
      const { foreignStatus } = error;
      const isAboutThis =
        foreignStatus !== null &&
        foreignStatus >= 400 &&
        foreignStatus < 500 &&
        guard.isRenewedSince(begunMs + ARTIFACT_PATIENCE_MS);
      if (isAboutThis) throw new RefusedError(String(foreignStatus), error.message, { cause: error });
    },
  );
}

/**
 * Tells how the run ended. A result that would be refused for ever is not thrown away: what can be said is said in
 * its place, that the run failed inside the runner, and why.
 * @returns why the result itself was refused; null: it was taken
 * @throws LeaseLostError, or the refusal of what was said in its place
 */
export async function tellResult(order: ReportOrder, result: RunResult): Promise<string | null> {
  try {
    await tellWithLines(order, result);
    return null;
  } catch (error) {
    if (
      order.signal.aborted ||
      error instanceof LeaseLostError ||
      error instanceof TransientError ||
      isTokenRefused(error)
    )
      throw error;
    order.logger.error(
      { err: error, runId: result.runId },
      'the result of a run was refused; what can be said of it is said instead',
    );
    await tellWithLines(order, lesserResult(result, messageOf(error)));
    return messageOf(error);
  }
}

/** The least that can be said truthfully of a run. */
export function lesserResult(result: RunResult, why: string): RunResult {
  return {
    ...result,
    status: 'failed',
    reason: 'internal',
    exitCode: null,
    resetsAt: null,
    summary: null,
    git: null,
    paths: [],
    message: cutText(
      `The control plane refused the result of this run: ${why}. It had ended as ${result.status} (${result.reason}): ${result.message}`,
      MAX_RUN_MESSAGE_CHARS,
    ),
  };
}

/** A restored backup may have fewer lines than it acknowledged: they are sent again, once. */
async function tellWithLines(order: ReportOrder, result: RunResult): Promise<void> {
  const { controlPlane, lease, signal, logger } = order;
  const tell = (lineCount: number): Promise<void> =>
    retrying(() => controlPlane.complete(lease, withLines(result, lineCount)), signal);
  try {
    return await tell(result.lineCount);
  } catch (error) {
    if (!(error instanceof LogGapError)) throw error;
    logger.warn(
      { runId: result.runId, expectedSeq: error.expectedSeq, lines: result.lineCount },
      'the control plane has another number of log lines than this run',
    );
    const lines = error.expectedSeq < result.lineCount ? await order.resend() : error.expectedSeq;
    return tell(lines).catch((again: unknown) => {
      if (!(again instanceof LogGapError)) throw again;
      return tell(again.expectedSeq);
    });
  }
}

/** The result with what became of its log and its files. */
export function withWords(
  result: RunResult,
  { logTrouble, notes, kind }: { logTrouble: string | null; notes: readonly string[]; kind: RunSpec['kind'] },
): RunResult {
  if (kind === 'merge' && result.status === 'completed' && logTrouble !== null) {
    // The branch has moved, and whoever is told otherwise does it again.
    return {
      ...result,
      message: cutText(
        [result.message, `Its log could not be stored (${logTrouble})`, ...notes].join('. '),
        MAX_RUN_MESSAGE_CHARS,
      ),
    };
  }
  const isSaid = logTrouble === null || result.message.includes(logTrouble);
  const ended = `It had ended as ${result.status}: ${result.message}`;
  const said = isSaid ? result.message : `Its log could not be stored (${logTrouble}). ${ended}`;
  const message = cutText([said, ...notes].join('. '), MAX_RUN_MESSAGE_CHARS);
  if (logTrouble === null || result.status === 'canceled') return { ...result, message };
  return { ...result, message, status: 'failed', reason: 'internal' };
}

export function withLines(result: RunResult, lineCount: number): RunResult {
  return { ...result, lineCount, metrics: { ...result.metrics, lines: lineCount } };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
