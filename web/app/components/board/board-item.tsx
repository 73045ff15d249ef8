import { useDraggable } from '@dnd-kit/core';
import { memo } from 'react';
import { possibleMoves, type TaskStatus } from '~/lib/task-status.ts';
import { useRefusal } from '../frame/project-rights.tsx';
import { BoardCard, type BoardCardTask } from './board-card.tsx';

export interface DragData {
  id: string;
  title: string;
  status: TaskStatus;
  hasLiveRun: boolean;
}

/** A card that can be taken along. The link in it is what the keyboard takes hold of: Space lifts, Enter opens. */
export const BoardItem = memo(function BoardItem({
  task,
  isDragged,
  ...data
}: DragData & { task: BoardCardTask; isDragged: boolean }) {
  const refusal = useRefusal('TASK_WRITE');
  const isMovable = refusal === undefined && possibleMoves(data.status).length > 0;
  const { listeners, setNodeRef, setActivatorNodeRef } = useDraggable({ id: data.id, data, disabled: !isMovable });
  return (
    <li ref={setNodeRef} {...listeners} className={isMovable ? 'touch-manipulation select-none' : undefined}>
      <BoardCard task={task} linkRef={setActivatorNodeRef} isGhost={isDragged} />
    </li>
  );
});
