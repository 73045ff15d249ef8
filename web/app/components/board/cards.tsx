import type { Board_TaskFragment as ReadTask } from '~/graphql/gql/graphql.ts';
import { BoardItem } from './board-item.tsx';

interface CardsProps {
  tasks: readonly ReadTask[];
  draggedId: string | null;
  /** What stands before them is not nothing. */
  isRest?: boolean;
}

export function Cards({ tasks, draggedId, isRest = false }: CardsProps) {
  if (tasks.length === 0) return isRest ? null : <p className="px-2 py-3 text-dense text-faint">Nothing here.</p>;
  return (
    <ul className={`flex flex-col gap-1.5 ${isRest ? 'mt-1.5' : ''}`}>
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

/** By priority, then age, within each column: the order in which work is taken. */
export function byPriorityThenAge(a: ReadTask, b: ReadTask): number {
  return a.priority - b.priority || (a.id < b.id ? -1 : 1);
}
