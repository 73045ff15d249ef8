import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown } from 'lucide-react';
import { useRef, useState, type ReactNode } from 'react';
import { cutText } from '#contract/cut-text.ts';
import { Spinner } from '../../ui/spinner.tsx';
import { useFollowEnd } from '../use-follow-end.ts';
import { ActivityRowView } from './activity-row.tsx';
import { NO_ACTIVITY, type FoldedActivity } from './fold-activity.ts';
import { UsageLine } from './usage-line.tsx';
import { useRunActivity } from './use-run-activity.ts';

const ROW_PX = 32;
const OVERSCAN_ROWS = 12;
/** More of a message is not read out. */
const MAX_SPOKEN_CHARS = 500;

interface ActivityViewProps {
  runId: string;
  isLive: boolean;
  label: string;
  header: ReactNode;
}

/** What an agent does, a thing a row; only those in sight are in the document, and the end is followed until somebody scrolls up. */
export function ActivityView({ runId, isLive, label, header }: ActivityViewProps) {
  const activity = useRunActivity(runId);
  return (
    <section aria-label={label} className="flex min-h-0 flex-1 flex-col">
      <div className="flex items-center gap-1 border-b border-line px-2 py-1">{header}</div>
      {activity === NO_ACTIVITY ? (
        <div className="flex flex-1 items-center justify-center bg-sunken text-faint">
          <Spinner className="size-5" />
          <span className="sr-only">Loading the activity</span>
        </div>
      ) : (
        <Rows activity={activity} isLive={isLive} label={label} />
      )}
      {activity.usage ? <UsageLine usage={activity.usage} /> : null}
      <p aria-live="polite" className="sr-only">
        {isLive ? saidLast(activity) : null}
      </p>
    </section>
  );
}

function Rows({ activity: { rows }, isLive, label }: { activity: FoldedActivity; isLive: boolean; label: string }) {
  const scroller = useRef<HTMLDivElement>(null);
  const [openKeys, setOpenKeys] = useState<ReadonlySet<number>>(new Set());
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    getItemKey: (index) => rows[index]?.key ?? index,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN_ROWS,
  });
  const { isFollowing, follow, pause, onScroll } = useFollowEnd(scroller, list.getTotalSize());
  const setOpen = (key: number, isOpen: boolean): void => {
    // What somebody opens he wants to read: the end may go where it will.
    if (isOpen) pause();
    setOpenKeys((open) => new Set(isOpen ? [...open, key] : [...open].filter((one) => one !== key)));
  };
  const items = list.getVirtualItems();
  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={scroller}
        role="region"
        aria-label={label}
        tabIndex={0}
        onScroll={onScroll}
        className="h-full overflow-y-auto overscroll-contain bg-sunken py-2 [overflow-anchor:none] focus-visible:-outline-offset-2"
      >
        <div className="relative" style={{ height: list.getTotalSize() }}>
          <ul className="absolute inset-x-0 top-0" style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}>
            {items.map(({ index, key }) => {
              const row = rows[index];
              return row ? (
                <li
                  key={key}
                  data-index={index}
                  ref={list.measureElement}
                  aria-setsize={rows.length}
                  aria-posinset={index + 1}
                >
                  <ActivityRowView
                    row={row}
                    isLive={isLive}
                    isOpen={openKeys.has(row.key)}
                    onOpen={(isOpen) => setOpen(row.key, isOpen)}
                  />
                </li>
              ) : null;
            })}
          </ul>
        </div>
      </div>
      {isFollowing || !isLive ? null : (
        <button
          type="button"
          onClick={follow}
          className="touch-target absolute bottom-3 left-1/2 flex h-7 -translate-x-1/2 animate-rise-in items-center gap-1.5 rounded-full bg-accent px-3 text-dense font-medium text-on-accent shadow-overlay hover:bg-accent-hover"
        >
          <ArrowDown aria-hidden className="size-3.5" />
          Follow
        </button>
      )}
    </div>
  );
}

/** The newest message that something follows: one that still grows would be read out again and again. */
function saidLast({ rows }: FoldedActivity): string | null {
  const last = rows.slice(0, -1).findLast((row) => row.kind === 'MESSAGE');
  return last?.kind === 'MESSAGE' ? cutText(last.text, MAX_SPOKEN_CHARS) : null;
}
