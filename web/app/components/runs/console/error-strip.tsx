import { useMemo, useSyncExternalStore } from 'react';
import type { LogStore } from './log-store.ts';

const BUCKETS = 120;
/** With more lines than this each bucket is sampled, so that drawing stays cheap however long the log is. */
const MAX_LOOKS = 24_000;

/** A thin map of the whole log: where stderr is. Clicking goes there. */
export function ErrorStrip({ store, onGo }: { store: LogStore; onGo(seq: number): void }) {
  const version = useSyncExternalStore(store.subscribe, store.getVersion, store.getVersion);
  const buckets = useMemo(() => {
    const found = new Map<number, number>();
    const count = store.lineCount;
    const step = Math.max(1, Math.floor(count / MAX_LOOKS));
    for (let seq = 0; seq < count; seq += step) {
      if (store.line(seq)?.stream !== 'stderr') continue;
      const bucket = Math.floor((seq / count) * BUCKETS);
      if (!found.has(bucket)) found.set(bucket, seq);
    }
    return [...found];
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the store is mutable; its version says when it changed
  }, [store, Math.floor(version / 8), store.lineCount]);
  if (buckets.length === 0) return null;
  return (
    <div aria-hidden className="pointer-events-none absolute inset-y-1.5 right-0 w-2.5">
      {buckets.map(([bucket, seq]) => (
        <button
          key={bucket}
          type="button"
          tabIndex={-1}
          onClick={() => onGo(seq)}
          className="pointer-events-auto absolute right-0.5 h-0.5 w-2 rounded-full bg-failed/70 hover:bg-failed"
          style={{ top: `${(bucket / BUCKETS) * 100}%` }}
        />
      ))}
    </div>
  );
}
