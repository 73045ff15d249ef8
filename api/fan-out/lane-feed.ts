import type { Core } from '#core/platform/core.ts';
import type { Lane, NumberedBatch } from '#core/runs/follow-lane.ts';
import type { Feed } from './feed.ts';

/**
 * The log or the activity of a run. A position is the number of what comes next.
 * @param name tells the lanes apart
 */
export function laneFeed<Batch extends NumberedBatch>(
  core: Core,
  name: 'log' | 'activity',
  lane: Lane<Batch>,
  runId: string,
): Feed<Batch> {
  return {
    key: `${name}:${runId}`,
    async head() {
      const state = await lane.state(core, runId);
      return { position: BigInt(state?.count ?? 0), isOver: !state?.mayGrow || state.isRemoved };
    },
    follow: (position) => lane.follow(core, runId, Number(position) - 1),
    positionAfter: (batch) => BigInt(lane.nextAfter(batch)),
    isLast: () => false,
    newOf: (batch, position) => lane.from(batch, Number(position)),
  };
}
