import { DndContext, DragOverlay } from '@dnd-kit/core';
import { ListPlus } from 'lucide-react';
import { useMemo, useState } from 'react';
import { graphql } from '~/graphql/gql/gql.ts';
import type { Board_TaskFragment as Board_TaskFragmentData } from '~/graphql/gql/graphql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { TASK_STATUSES, taskMove, type TaskStatus } from '~/lib/task-status.ts';
import { useIsHydrated } from '~/lib/platform.ts';
import { usePreferences } from '~/lib/use-preferences.tsx';
import { useElementWidth } from '~/lib/use-element-width.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { BoardCard } from './board-card.tsx';
import { BoardColumn, BoardSection, type DropState } from './board-column.tsx';
import { BoardItem, type DragData } from './board-item.tsx';
import { ClosedColumn } from './closed-column.tsx';
import { ClosedCount } from './closed-count.tsx';
import { useBoardDrag } from './use-board-drag.ts';

export const Board_TaskFragment = graphql(`
  fragment Board_Task on Task {
    id
    title
    status
    priority
    updatedAt
    liveRun {
      id
    }
    ...BoardCard_Task
  }
`);

export type BoardTask = FragmentType<typeof Board_TaskFragment>;

/** Narrower than this the columns stand one below the other. */
const COLUMNS_MIN_PX = 560;
/** These fill for ever; they are fetched when their column is open. */
const CLOSED: readonly TaskStatus[] = ['DONE', 'CANCELED'];

interface BoardProps {
  projectId: string;
  tasks: readonly BoardTask[];
  isStacked: boolean;
  onCreate(): void;
}

/** All open tasks of a project by status; cards are dragged along the life cycle. */
export function Board({ projectId, tasks: masked, isStacked, onCreate }: BoardProps) {
  const tasks = readFragment(Board_TaskFragment, masked);
  const byStatus = useMemo(() => groupByStatus(tasks), [tasks]);
  const [root, width] = useElementWidth<HTMLDivElement>();
  const { preferences, setPreferences } = usePreferences();
  const { dragged, context } = useBoardDrag();
  const [closedCounts, setClosedCounts] = useState<Partial<Record<TaskStatus, number>>>({});
  const isHydrated = useIsHydrated();
  const isNarrow = isStacked || (width !== null && width < COLUMNS_MIN_PX);
  const Column = isNarrow ? BoardSection : BoardColumn;
  const draggedTask = dragged ? tasks.find((task) => task.id === dragged.id) : undefined;

  if (tasks.length === 0 && isHydrated && CLOSED.every((status) => closedCounts[status] === 0)) {
    return (
      <EmptyState
        className="flex-1"
        icon={<ListPlus aria-hidden />}
        title="No tasks yet"
        text="Say in the chat what you want done, in your own words. The orchestrator makes tasks of it. Or write one yourself."
        action={
          <Button variant="primary" onClick={onCreate}>
            New task
          </Button>
        }
      />
    );
  }
  return (
    <DndContext {...context} id="board">
      {CLOSED.map((status) => (
        <ClosedCount
          key={status}
          projectId={projectId}
          status={status}
          onCount={(n) => setClosedCounts((counts) => (counts[status] === n ? counts : { ...counts, [status]: n }))}
        />
      ))}
      <div
        ref={root}
        className={
          isNarrow
            ? 'min-h-0 flex-1 overflow-y-auto overscroll-contain px-3 pb-3'
            : 'flex min-h-0 flex-1 gap-1.5 overflow-x-auto overscroll-x-contain px-2 pt-1'
        }
      >
        {TASK_STATUSES.map((status) => {
          const isClosed = CLOSED.includes(status);
          const shown = byStatus[status];
          const chosen = preferences.boardColumns[status];
          const isFolded = chosen
            ? chosen === 'folded'
            : status === 'CANCELED' || (isClosed ? isNarrow : shown.length === 0);
          const count = isClosed ? (closedCounts[status] ?? null) : shown.length;
          return (
            <Column
              key={status}
              status={status}
              count={count}
              isFolded={isFolded}
              drop={dropState(dragged, status)}
              onFold={(fold) =>
                setPreferences({ boardColumns: { ...preferences.boardColumns, [status]: fold ? 'folded' : 'open' } })
              }
            >
              {isClosed ? (
                <ClosedColumn projectId={projectId} status={status} draggedId={dragged?.id ?? null} />
              ) : (
                <Cards tasks={shown} draggedId={dragged?.id ?? null} />
              )}
            </Column>
          );
        })}
      </div>
      <DragOverlay dropAnimation={null}>{draggedTask ? <BoardCard task={draggedTask} isLifted /> : null}</DragOverlay>
    </DndContext>
  );
}

type ReadTask = Board_TaskFragmentData;

export function Cards({ tasks, draggedId }: { tasks: readonly ReadTask[]; draggedId: string | null }) {
  if (tasks.length === 0) return <p className="px-2 py-3 text-dense text-faint">Nothing here.</p>;
  return (
    <ul className="flex flex-col gap-1.5">
      {tasks.map((task) => (
        <BoardItem
          key={task.id}
          id={task.id}
          title={task.title}
          status={task.status}
          hasLiveRun={task.liveRun !== null}
          task={task}
          isDragged={task.id === draggedId}
        />
      ))}
    </ul>
  );
}

function dropState(dragged: DragData | null, status: TaskStatus): DropState {
  if (!dragged) return 'none';
  if (dragged.status === status) return 'origin';
  return taskMove(dragged.status, status) ? 'allowed' : 'refused';
}

/** By priority, then age, within each column: the order in which work is taken. */
export function byPriorityThenAge(a: ReadTask, b: ReadTask): number {
  return a.priority - b.priority || (a.id < b.id ? -1 : 1);
}

function groupByStatus(tasks: readonly ReadTask[]): Record<TaskStatus, ReadTask[]> {
  const groups = Object.fromEntries(TASK_STATUSES.map((status) => [status, []])) as unknown as Record<
    TaskStatus,
    ReadTask[]
  >;
  for (const task of tasks) groups[task.status].push(task);
  for (const group of Object.values(groups)) group.sort(byPriorityThenAge);
  return groups;
}
