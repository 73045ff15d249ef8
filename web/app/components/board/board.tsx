import { DndContext, DragOverlay } from '@dnd-kit/core';
import { ListPlus } from 'lucide-react';
import { useMemo } from 'react';
import type { Board_TaskFragment as ReadTask } from '~/graphql/gql/graphql.ts';
import { readFragment } from '~/graphql/gql/fragment-masking.ts';
import { TASK_STATUSES, taskMove, type TaskStatus } from '~/lib/task-status.ts';
import { useIsHydrated } from '~/lib/platform.ts';
import { usePreferences } from '~/lib/use-preferences.tsx';
import { useElementWidth } from '~/lib/use-element-width.ts';
import { useRefusal } from '../frame/project-rights.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { BoardCard } from './board-card.tsx';
import { BoardColumn, BoardSection, type DropState } from './board-column.tsx';
import type { DragData } from './board-item.tsx';
import { Board_TaskFragment, type BoardTask } from './board-task.ts';
import { byPriorityThenAge, Cards } from './cards.tsx';
import { CLOSED, ColumnPage, MoreCards } from './column-page.tsx';
import { useBoardDrag } from './use-board-drag.ts';

/** Narrower than this the columns stand one below the other. */
const COLUMNS_MIN_PX = 560;
/** What is shown of an open column at first. */
export interface OpenColumn {
  status: TaskStatus;
  tasks: { nodes: readonly BoardTask[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
}

interface BoardProps {
  projectId: string;
  columns: readonly OpenColumn[];
  /** Of all tasks with a status, shown or not; null: not known yet. */
  countOf(status: TaskStatus): number | null;
  isStacked: boolean;
  onCreate(): void;
}

/** All open tasks of a project by status; cards are dragged along the life cycle. */
export function Board({ projectId, columns, countOf, isStacked, onCreate }: BoardProps) {
  const tasks = useMemo(
    () =>
      readFragment(
        Board_TaskFragment,
        columns.flatMap((column) => column.tasks.nodes),
      ),
    [columns],
  );
  const byStatus = useMemo(() => groupByStatus(tasks), [tasks]);
  const [root, width] = useElementWidth<HTMLDivElement>();
  const refusal = useRefusal('TASK_WRITE');
  const { preferences, setPreferences } = usePreferences();
  const { dragged, context } = useBoardDrag();
  const isHydrated = useIsHydrated();
  const isNarrow = isStacked || (width !== null && width < COLUMNS_MIN_PX);
  const Column = isNarrow ? BoardSection : BoardColumn;
  const draggedTask = dragged ? tasks.find((task) => task.id === dragged.id) : undefined;

  if (tasks.length === 0 && isHydrated && CLOSED.every((status) => countOf(status) === 0)) {
    return (
      <EmptyState
        className="flex-1"
        icon={<ListPlus aria-hidden />}
        title="No tasks yet"
        text="Say in the chat what you want done, in your own words. The orchestrator makes tasks of it. Or write one yourself."
        action={
          <Button variant="primary" refusal={refusal} onClick={onCreate}>
            New task
          </Button>
        }
      />
    );
  }
  return (
    <DndContext {...context} id="board">
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
          const count = countOf(status);
          const column = columns.find((each) => each.status === status);
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
                <ColumnPage
                  projectId={projectId}
                  status={status}
                  after={null}
                  count={count}
                  draggedId={dragged?.id ?? null}
                />
              ) : (
                <>
                  <Cards tasks={shown} draggedId={dragged?.id ?? null} />
                  {column ? (
                    <MoreCards
                      projectId={projectId}
                      status={status}
                      count={count}
                      shown={shown.length}
                      pageInfo={column.tasks.pageInfo}
                      draggedId={dragged?.id ?? null}
                    />
                  ) : null}
                </>
              )}
            </Column>
          );
        })}
      </div>
      <DragOverlay dropAnimation={null}>{draggedTask ? <BoardCard task={draggedTask} isLifted /> : null}</DragOverlay>
    </DndContext>
  );
}

function dropState(dragged: DragData | null, status: TaskStatus): DropState {
  if (!dragged) return 'none';
  if (dragged.status === status) return 'origin';
  return taskMove(dragged.status, status) ? 'allowed' : 'refused';
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
