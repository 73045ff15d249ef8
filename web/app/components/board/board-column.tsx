import { useDroppable } from '@dnd-kit/core';
import { clsx } from 'clsx';
import { ChevronsLeftRight, ChevronsRightLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import { TASK_STATUS_WORDS, type TaskStatus } from '~/lib/task-status.ts';
import { TaskStatusIcon } from '../tasks/task-status.tsx';
import { IconButton } from '../ui/button.tsx';

/** How a column takes part in the drag that is going on. */
export type DropState = 'none' | 'allowed' | 'refused' | 'origin';

interface BoardColumnProps {
  status: TaskStatus;
  /** Null: not loaded yet. */
  count: number | null;
  isFolded: boolean;
  drop: DropState;
  onFold(isFolded: boolean): void;
  children: ReactNode;
}

function countText(count: number | null): string {
  return count === null ? '' : count.toLocaleString('en');
}

/** One status, side by side with the others; folded it is a strip that can still be dropped on. */
export function BoardColumn({ status, count, isFolded, drop, onFold, children }: BoardColumnProps) {
  const { setNodeRef, isOver } = useDroppable({ id: status, disabled: drop !== 'allowed' });
  const word = TASK_STATUS_WORDS[status];
  const frame = clsx(
    'flex min-h-0 flex-col rounded-box transition-[background-color,opacity] duration-100',
    drop === 'allowed' &&
      (isOver
        ? 'bg-accent/20 outline-2 -outline-offset-2 outline-accent'
        : 'outline-1 -outline-offset-1 outline-dashed outline-accent/70'),
    drop === 'refused' && 'opacity-40',
  );
  if (isFolded) {
    return (
      <section
        ref={setNodeRef}
        data-column={status}
        aria-label={`${word}, folded`}
        className={clsx(frame, 'w-9 shrink-0')}
      >
        <button
          type="button"
          aria-expanded={false}
          aria-label={`${word}${count === null ? '' : `, ${countText(count)}`}. Unfold this column`}
          onClick={() => onFold(false)}
          className="flex min-h-0 flex-1 flex-col items-center gap-2 rounded-box py-2.5 text-dense font-medium text-muted hover:bg-hover hover:text-fg"
        >
          <TaskStatusIcon status={status} />
          <span className="[writing-mode:vertical-rl]">{word}</span>
          {count === null ? null : <span className="tabular text-xs font-normal text-faint">{countText(count)}</span>}
        </button>
      </section>
    );
  }
  return (
    <section
      ref={setNodeRef}
      data-column={status}
      aria-label={word}
      className={clsx(frame, 'w-52 min-w-52 max-w-90 flex-1')}
    >
      <header className="group/head flex h-9 shrink-0 items-center gap-2 pl-2.5 pr-1">
        <TaskStatusIcon status={status} />
        <h2 className="truncate text-dense font-medium">{word}</h2>
        <span className="tabular text-dense text-faint">{countText(count)}</span>
        <IconButton
          size="sm"
          label={`Fold ${word}`}
          className="ml-auto opacity-0 focus-visible:opacity-100 group-hover/head:opacity-100 pointer-coarse:opacity-100"
          onClick={() => onFold(true)}
        >
          <ChevronsRightLeft aria-hidden className="size-3.5" />
        </IconButton>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto overscroll-contain px-1 pb-2">{children}</div>
    </section>
  );
}

/** The same, one below the other: for phones and narrow panels. */
export function BoardSection({ status, count, isFolded, drop, onFold, children }: BoardColumnProps) {
  const { setNodeRef, isOver } = useDroppable({ id: status, disabled: drop !== 'allowed' });
  const word = TASK_STATUS_WORDS[status];
  const Icon = isFolded ? ChevronsLeftRight : ChevronsRightLeft;
  return (
    <section
      ref={setNodeRef}
      data-column={status}
      aria-label={word}
      className={clsx(
        'rounded-box',
        drop === 'allowed' &&
          (isOver ? 'bg-accent/20 outline-2 outline-accent' : 'outline-1 outline-dashed outline-accent/70'),
        drop === 'refused' && 'opacity-40',
      )}
    >
      <h2 className="sticky top-0 z-10 bg-canvas">
        <button
          type="button"
          aria-expanded={!isFolded}
          onClick={() => onFold(!isFolded)}
          className="flex h-10 w-full items-center gap-2 rounded-control px-2 text-dense font-medium hover:bg-hover"
        >
          <TaskStatusIcon status={status} />
          {word}
          <span className="tabular font-normal text-faint">{countText(count)}</span>
          <Icon aria-hidden className="ml-auto size-3.5 rotate-90 text-faint" />
        </button>
      </h2>
      {isFolded ? null : <div className="pb-3">{children}</div>}
    </section>
  );
}
