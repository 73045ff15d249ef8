import type { Core } from '#core/platform/core.ts';
import type { LogBatch } from '#core/runs/append-logs.ts';
import { followRunLogBatches, linesFrom, logState } from '#core/runs/follow-logs.ts';
import type { Feed } from './feed.ts';

/** The log of a run. A position is the number of the next line. */
export function logFeed(core: Core, runId: string): Feed<LogBatch> {
  return {
    key: `log:${runId}`,
    async head() {
      const state = await logState(core, runId);
      return { position: BigInt(state?.lineCount ?? 0), isOver: !state?.mayGrow || state.isRemoved };
    },
    follow: (position) => followRunLogBatches(core, runId, Number(position) - 1),
    positionAfter: ({ firstSeq, messages }) => BigInt(firstSeq + messages.length),
    isLast: () => false,
    newOf: (batch, position) => linesFrom(batch, Number(position)),
  };
}
