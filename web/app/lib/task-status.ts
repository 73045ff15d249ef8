export const TASK_STATUSES = [
  'QUEUED',
  'IN_PROGRESS',
  'BLOCKED',
  'NEEDS_REVIEW',
  'DONE',
  'FAILED',
  'CANCELED',
] as const;
export type TaskStatus = (typeof TASK_STATUSES)[number];

export const TASK_STATUS_WORDS: Record<TaskStatus, string> = {
  QUEUED: 'Queued',
  IN_PROGRESS: 'In progress',
  BLOCKED: 'Blocked',
  NEEDS_REVIEW: 'Needs review',
  DONE: 'Done',
  FAILED: 'Failed',
  CANCELED: 'Canceled',
};

/** Queued, but nothing starts it until a person does: that is what is said of it. */
export function isHeld({ status, heldBy }: { status: TaskStatus; heldBy: string | null }): boolean {
  return status === 'QUEUED' && heldBy !== null;
}

/** Its agent has ended, and what it asked can be answered. */
export function awaitsWords(status: TaskStatus): boolean {
  return status === 'NEEDS_REVIEW' || status === 'FAILED';
}

/** What moving a task by hand means. Runs move tasks too; those moves are not offered to people. */
export type TaskMove = 'start' | 'block' | 'unblock' | 'approve' | 'send_back' | 'retry' | 'cancel';

const MOVES: Record<TaskStatus, Partial<Record<TaskStatus, TaskMove>>> = {
  QUEUED: { BLOCKED: 'block', CANCELED: 'cancel' },
  IN_PROGRESS: { CANCELED: 'cancel' },
  BLOCKED: { QUEUED: 'unblock', CANCELED: 'cancel' },
  NEEDS_REVIEW: { DONE: 'approve', QUEUED: 'send_back', CANCELED: 'cancel' },
  FAILED: { QUEUED: 'retry', CANCELED: 'cancel' },
  DONE: {},
  CANCELED: {},
};

/** What a person does by taking a task from one status to another; null when they can not. */
export function taskMove(from: TaskStatus, to: TaskStatus): TaskMove | null {
  return MOVES[from][to] ?? null;
}

/** Where a person can take a task, in the order of the board; a held one can be started where it is. */
export function possibleMoves(from: TaskStatus, isHeld = false): { to: TaskStatus; move: TaskMove }[] {
  return TASK_STATUSES.flatMap((to) => {
    const move = isHeld && to === 'QUEUED' ? 'start' : taskMove(from, to);
    // The attempt that failed can be told more as well.
    if (from === 'FAILED' && move === 'retry') return [move, 'send_back' as const].map((way) => ({ to, move: way }));
    return move ? [{ to, move }] : [];
  });
}

export const MOVE_WORDS: Record<TaskMove, string> = {
  start: 'Start',
  block: 'Block…',
  unblock: 'Unblock',
  approve: 'Approve and merge',
  send_back: 'Send back…',
  retry: 'Retry',
  cancel: 'Cancel task',
};
