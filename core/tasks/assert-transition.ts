import { IllegalTransitionError } from '#core/errors/errors.ts';
import { TASK_TRANSITIONS, type TaskStatus } from './transitions.ts';

/** @throws IllegalTransitionError when no task goes from the one to the other */
export function assertTransition(from: TaskStatus, to: TaskStatus): void {
  const allowed: readonly TaskStatus[] = TASK_TRANSITIONS[from];
  if (!allowed.includes(to)) throw new IllegalTransitionError(from, to);
}
