import type { RunSpec } from '#contract/run-spec.ts';
import type { ReaderState, Usage } from './reading.ts';

/**
 * What this run alone has used: some programs count on over a session that is gone on with.
 * @param before what the session had used when the run began; null: it began anew
 */
export function ownUse(
  {
    usage,
    costUsd,
    isUsageOfSession,
    isCostOfSession,
  }: Pick<ReaderState, 'usage' | 'costUsd' | 'isUsageOfSession' | 'isCostOfSession'>,
  before: RunSpec['session'],
): { usage: Usage | null; costUsd: number | null } {
  // Less than it was is no sum: it counts this run alone.
  const without = (total: number, known: number): number => (total >= known ? total - known : total);
  return {
    usage:
      usage && before && isUsageOfSession
        ? {
            inputTokens: without(usage.inputTokens, before.inputTokens),
            cachedInputTokens: without(usage.cachedInputTokens, before.cachedInputTokens),
            outputTokens: without(usage.outputTokens, before.outputTokens),
          }
        : usage,
    costUsd: costUsd !== null && before && isCostOfSession ? without(costUsd, before.costUsd) : costUsd,
  };
}
