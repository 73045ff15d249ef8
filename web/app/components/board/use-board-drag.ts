import {
  KeyboardSensor,
  MouseSensor,
  pointerWithin,
  rectIntersection,
  TouchSensor,
  useSensor,
  useSensors,
  type Announcements,
  type CollisionDetection,
  type DragEndEvent,
  type DragStartEvent,
  type KeyboardCoordinateGetter,
  type ScreenReaderInstructions,
} from '@dnd-kit/core';
import { useState } from 'react';
import { TASK_STATUS_WORDS, taskMove, type TaskStatus } from '~/lib/task-status.ts';
import { useTaskMoves } from '../tasks/task-moves.tsx';
import type { DragData } from './board-item.tsx';

const START_PX = 6;
/** A finger that rests this long means to drag; a shorter touch scrolls or opens. */
const TOUCH_HOLD_MS = 220;
const TOUCH_TOLERANCE_PX = 8;

/** A card lands where the pointer is, never in a neighbour that it happens to overlap. The keyboard has no pointer. */
const underPointer: CollisionDetection = (args) =>
  args.pointerCoordinates ? pointerWithin(args) : rectIntersection(args);

/** Where in a column the lifted card is held. */
const INSET_LEFT_PX = 4;
const INSET_TOP_PX = 40;
const SAME_PX = 8;

/** One below the other, as on a phone. */
function isStacked(columns: { rect: { left: number } | null }[]): boolean {
  return new Set(columns.map((column) => Math.round(column.rect?.left ?? 0))).size === 1 && columns.length > 1;
}

/** Arrow keys go from one column that takes the card to the next. */
const nextColumn: KeyboardCoordinateGetter = (event, { currentCoordinates, context }) => {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.code];
  if (!step) return undefined;
  event.preventDefault();
  const columns = context.droppableContainers
    .getEnabled()
    .map(({ id, rect }) => ({ id, rect: rect.current }))
    .filter((c) => c.rect !== null)
    .sort((a, b) => (a.rect?.left ?? 0) - (b.rect?.left ?? 0) || (a.rect?.top ?? 0) - (b.rect?.top ?? 0));
  const place = (rect: { left: number; top: number }): number => (isStacked(columns) ? rect.top : rect.left);
  const here = isStacked(columns) ? currentCoordinates.y - INSET_TOP_PX : currentCoordinates.x - INSET_LEFT_PX;
  const ahead = columns.filter(
    ({ rect }) => rect !== null && (step > 0 ? place(rect) > here + SAME_PX : place(rect) < here - SAME_PX),
  );
  const next = step > 0 ? ahead[0] : ahead.at(-1);
  if (!next?.rect) return currentCoordinates;
  return { x: next.rect.left + INSET_LEFT_PX, y: next.rect.top + INSET_TOP_PX };
};

/** Dragging cards along the allowed transitions, by mouse, finger and keyboard. */
export function useBoardDrag() {
  const moves = useTaskMoves();
  const [dragged, setDragged] = useState<DragData | null>(null);
  const sensors = useSensors(
    useSensor(MouseSensor, { activationConstraint: { distance: START_PX } }),
    useSensor(TouchSensor, { activationConstraint: { delay: TOUCH_HOLD_MS, tolerance: TOUCH_TOLERANCE_PX } }),
    useSensor(KeyboardSensor, {
      coordinateGetter: nextColumn,
      keyboardCodes: { start: ['Space'], cancel: ['Escape'], end: ['Space', 'Enter', 'Tab'] },
    }),
  );
  return {
    dragged,
    context: {
      sensors,
      collisionDetection: underPointer,
      accessibility: { announcements, screenReaderInstructions },
      onDragStart: ({ active }: DragStartEvent) => setDragged(active.data.current as DragData),
      onDragCancel: () => setDragged(null),
      onDragEnd: ({ active, over }: DragEndEvent) => {
        setDragged(null);
        const task = active.data.current as DragData;
        const move = over ? taskMove(task.status, over.id as TaskStatus) : null;
        if (move) moves.start(task, move);
      },
    },
  };
}

const screenReaderInstructions: ScreenReaderInstructions = {
  draggable:
    'Press Space to lift this task, the arrow keys to choose a column, Space to drop it there, Escape to leave it where it is.',
};

const titleOf = (active: { data: { current?: unknown } }): string => (active.data.current as DragData).title;
const announcements: Announcements = {
  onDragStart: ({ active }) => `Lifted ${titleOf(active)}.`,
  onDragOver: ({ active, over }) =>
    over ? `${titleOf(active)} is over ${TASK_STATUS_WORDS[over.id as TaskStatus]}.` : undefined,
  onDragEnd: ({ active, over }) =>
    over
      ? `Moved ${titleOf(active)} to ${TASK_STATUS_WORDS[over.id as TaskStatus]}.`
      : `${titleOf(active)} stays where it was.`,
  onDragCancel: ({ active }) => `${titleOf(active)} stays where it was.`,
};
