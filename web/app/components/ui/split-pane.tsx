import { clsx } from 'clsx';
import { Fragment, useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react';

export interface Pane {
  id: string;
  label: string;
  minPx: number;
  children: ReactNode;
}

interface SplitPaneProps {
  direction: 'row' | 'column';
  panes: Pane[];
  /** One share a pane; only their proportions count. */
  shares: number[];
  onSharesChange(shares: number[]): void;
  className?: string;
}

const STEP_PX = 24;

/**
 * Panes side by side with borders to drag. Sizes are plain flex shares, so the server renders exactly what the browser will; dragging writes
 * them to the elements and only the end of it reaches React.
 */
export function SplitPane({ direction, panes, shares, onSharesChange, className }: SplitPaneProps) {
  const root = useRef<HTMLDivElement>(null);
  const isRow = direction === 'row';

  const sizesPx = (): number[] =>
    [...(root.current?.querySelectorAll<HTMLElement>(':scope > [data-pane]') ?? [])].map((e) =>
      isRow ? e.offsetWidth : e.offsetHeight,
    );

  /** Moves the border after pane `index`, as far as both neighbours allow. */
  const moved = (start: number[], index: number, byPx: number): number[] => {
    const [before, after] = [panes[index], panes[index + 1]];
    const [a = 0, b = 0] = [start[index], start[index + 1]];
    if (!before || !after) return start;
    const by = Math.max(Math.min(byPx, b - after.minPx), before.minPx - a);
    return start.map((size, i) => (i === index ? a + by : i === index + 1 ? b - by : size));
  };
  const show = (sizes: number[]): void => {
    root.current
      ?.querySelectorAll<HTMLElement>(':scope > [data-pane]')
      .forEach((e, i) => (e.style.flexGrow = String(sizes[i])));
  };

  return (
    <div ref={root} className={clsx('flex min-h-0 min-w-0', isRow ? 'flex-row' : 'flex-col', className)}>
      {panes.map((pane, i) => (
        <Fragment key={pane.id}>
          {i > 0 ? (
            <Border
              isRow={isRow}
              label={`Resize ${panes[i - 1]?.label ?? ''}`}
              percent={Math.round(((shares[i - 1] ?? 1) / shares.reduce((a, b) => a + b, 0)) * 100)}
              sizesPx={sizesPx}
              onMove={(start, byPx) => show(moved(start, i - 1, byPx))}
              onDone={(start, byPx) => onSharesChange(toShares(moved(start, i - 1, byPx)))}
            />
          ) : null}
          <section
            data-pane={pane.id}
            aria-label={pane.label}
            className="flex min-h-0 min-w-0 flex-col overflow-hidden"
            style={{
              flexGrow: shares[i] ?? 1,
              flexShrink: 1,
              flexBasis: 0,
              [isRow ? 'minWidth' : 'minHeight']: `min(${pane.minPx}px, ${Math.floor(100 / panes.length)}%)`,
            }}
          >
            {pane.children}
          </section>
        </Fragment>
      ))}
    </div>
  );
}

/** Rounded shares of a hundred: short in a cookie, and the same on every window size. */
function toShares(sizes: number[]): number[] {
  const total = sizes.reduce((a, b) => a + b, 0);
  return sizes.map((size) => Math.round((size / total) * 1_000) / 10);
}

function Border(props: {
  isRow: boolean;
  label: string;
  percent: number;
  sizesPx(): number[];
  onMove(start: number[], byPx: number): void;
  onDone(start: number[], byPx: number): void;
}) {
  const [isDragged, setDragged] = useState(false);
  const drag = useRef<{ at: number; start: number[] } | null>(null);
  const position = (event: PointerEvent): number => (props.isRow ? event.clientX : event.clientY);
  const onPointerDown = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.button !== 0) return;
    event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { at: position(event), start: props.sizesPx() };
    setDragged(true);
  };
  const onPointerMove = (event: PointerEvent): void => {
    if (drag.current) props.onMove(drag.current.start, position(event) - drag.current.at);
  };
  const onPointerUp = (event: PointerEvent): void => {
    if (drag.current) props.onDone(drag.current.start, position(event) - drag.current.at);
    drag.current = null;
    setDragged(false);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const forward = props.isRow ? 'ArrowRight' : 'ArrowDown';
    const back = props.isRow ? 'ArrowLeft' : 'ArrowUp';
    if (event.key !== forward && event.key !== back) return;
    event.preventDefault();
    props.onDone(props.sizesPx(), event.key === forward ? STEP_PX : -STEP_PX);
  };
  return (
    <div
      role="separator"
      tabIndex={0}
      aria-label={props.label}
      aria-orientation={props.isRow ? 'vertical' : 'horizontal'}
      aria-valuenow={props.percent}
      aria-valuemin={0}
      aria-valuemax={100}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={onPointerUp}
      onKeyDown={onKeyDown}
      className={clsx(
        'relative z-10 shrink-0 touch-none bg-line transition-colors duration-100 after:absolute hover:bg-accent focus-visible:bg-accent',
        props.isRow
          ? 'w-px cursor-col-resize after:inset-y-0 after:-left-1.5 after:w-3'
          : 'h-px cursor-row-resize after:inset-x-0 after:-top-1.5 after:h-3',
        isDragged && 'bg-accent',
      )}
    />
  );
}
