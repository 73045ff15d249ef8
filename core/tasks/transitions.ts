/** The whole life cycle of a task, readable at a glance. Source: spec chapter 4. */
export const TASK_TRANSITIONS = {
  queued: ['in_progress', 'blocked', 'canceled'],
  in_progress: ['needs_review', 'failed', 'canceled'],
  blocked: ['queued', 'canceled'],
  needs_review: ['done', 'queued', 'canceled'],
  failed: ['queued', 'canceled'],
  done: ['canceled'],
  canceled: [],
} as const satisfies Record<string, readonly string[]>;
export type TaskStatus = keyof typeof TASK_TRANSITIONS;
export const TASK_STATUSES = Object.keys(TASK_TRANSITIONS) as TaskStatus[];
/** What is still to be done, or to be decided. */
export const OPEN_TASK_STATUSES: readonly TaskStatus[] = TASK_STATUSES.filter(
  (status) => status !== 'done' && status !== 'canceled',
);
