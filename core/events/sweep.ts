import type { Core } from '#core/platform/core.ts';
import type { Listener } from './bus.ts';

const SWEEP_MS = 5_000;
const SWEEP_WITHOUT_REDIS_MS = 1_000;

/**
 * Repairs what a crash between commit and publish, or an absent Redis, has swallowed: looks now and then whether
 * the rows are ahead of the listener and sends it back to them if so.
 * @returns stops the sweep
 */
export function startSweep<T>(core: Core, listener: Listener<T>, isBehind: () => Promise<boolean>): () => void {
  let timer: NodeJS.Timeout;
  let stopped = false;
  const again = (): void => {
    if (stopped) return;
    timer = setTimeout(() => void look(), core.bus.isConnected() ? SWEEP_MS : SWEEP_WITHOUT_REDIS_MS);
  };
  const look = async (): Promise<void> => {
    try {
      if (await isBehind()) listener.nudge();
    } catch (error) {
      core.logger.warn({ err: error }, 'A sweep for missed messages failed; it is repeated');
    }
    again();
  };
  again();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
