import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown } from 'lucide-react';
import { useEffect, useImperativeHandle, useRef, useState, useSyncExternalStore, type Ref } from 'react';
import { useBrowserLayoutEffect } from '~/lib/platform.ts';
import { useTimeZone } from '~/lib/clock.tsx';
import { useFollowEnd } from '../use-follow-end.ts';
import { LogRow } from './log-row.tsx';
import type { LogStore } from './log-store.ts';

const ROW_PX = 18;
const OVERSCAN_ROWS = 24;
/** Lines that only fly past are not fetched; nor is the start of a log that opens at its end. */
const SETTLE_MS = 60;

export interface LogViewHandle {
  showLine(seq: number): void;
}

interface LogViewProps {
  store: LogStore;
  isLive: boolean;
  isWrapped: boolean;
  marksStderr: boolean;
  query: string;
  currentMatch: number | null;
  label: string;
  handle: Ref<LogViewHandle>;
}

/** The lines themselves: only those in sight are in the document, and the end is followed until somebody scrolls up. */
export function LogView({ store, isLive, isWrapped, marksStderr, query, currentMatch, label, handle }: LogViewProps) {
  useSyncExternalStore(store.subscribe, store.getVersion, store.getVersion);
  const count = store.lineCount;
  const timeZone = useTimeZone();
  const scroller = useRef<HTMLDivElement>(null);
  const [countWhenPaused, setCountWhenPaused] = useState(0);

  const rows = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN_ROWS,
  });
  // Wrapped lines have their own heights, others all the same: what was measured one way is wrong the other way.
  useBrowserLayoutEffect(() => rows.measure(), [isWrapped, rows]);

  const { isFollowing, follow, pause, onScroll } = useFollowEnd(scroller, rows.getTotalSize(), () =>
    setCountWhenPaused(store.lineCount),
  );
  const items = rows.getVirtualItems();
  const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];
  const isEmpty = count === 0;
  useEffect(() => {
    if (isEmpty) return;
    const timer = setTimeout(() => store.ensure(first, last), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [store, first, last, isEmpty]);

  useImperativeHandle(handle, () => ({
    showLine(seq) {
      pause();
      rows.scrollToIndex(seq, { align: 'center' });
    },
  }));

  const newCount = count - countWhenPaused;
  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={scroller}
        role="region"
        aria-label={label}
        tabIndex={0}
        onScroll={onScroll}
        className="h-full overflow-auto overscroll-contain bg-sunken py-1.5 font-mono text-xs leading-[18px] [overflow-anchor:none] focus-visible:-outline-offset-2"
      >
        <div className="relative" style={{ height: rows.getTotalSize() }}>
          <div
            className={isWrapped ? 'absolute inset-x-0 top-0' : 'absolute left-0 top-0 w-max min-w-full'}
            style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}
          >
            {items.map((item) => (
              <div key={item.index} data-index={item.index} ref={isWrapped ? rows.measureElement : undefined}>
                <LogRow
                  seq={item.index}
                  line={store.line(item.index)}
                  query={query}
                  isCurrentMatch={item.index === currentMatch}
                  isWrapped={isWrapped}
                  marksStderr={marksStderr}
                  gutterChars={String(count).length}
                  timeZone={timeZone}
                />
              </div>
            ))}
          </div>
        </div>
      </div>
      {!isFollowing && (isLive || newCount > 0) ? (
        <button
          type="button"
          onClick={follow}
          className="touch-target absolute bottom-3 left-1/2 flex h-7 -translate-x-1/2 animate-rise-in items-center gap-1.5 rounded-full bg-accent px-3 text-dense font-medium text-on-accent shadow-overlay hover:bg-accent-hover"
        >
          <ArrowDown aria-hidden className="size-3.5" />
          {newCount > 0 ? (
            <span className="tabular">{`${newCount.toLocaleString('en')} new ${newCount === 1 ? 'line' : 'lines'}`}</span>
          ) : (
            'Follow'
          )}
        </button>
      ) : null}
    </div>
  );
}
