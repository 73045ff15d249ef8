import { expect, test } from 'vitest';
import { isHeld, possibleMoves, TASK_STATUSES, taskMove, type TaskStatus } from './task-status.ts';

/** Chapter 4 of the specification, as the API holds it. */
const ALLOWED: Record<TaskStatus, TaskStatus[]> = {
  QUEUED: ['IN_PROGRESS', 'BLOCKED', 'CANCELED'],
  IN_PROGRESS: ['NEEDS_REVIEW', 'FAILED', 'CANCELED'],
  BLOCKED: ['QUEUED', 'CANCELED'],
  NEEDS_REVIEW: ['DONE', 'QUEUED', 'CANCELED'],
  FAILED: ['QUEUED', 'CANCELED'],
  DONE: ['CANCELED'],
  CANCELED: [],
};

test('nothing is offered that the life cycle does not allow', () => {
  for (const from of TASK_STATUSES) {
    for (const to of TASK_STATUSES) if (taskMove(from, to)) expect(ALLOWED[from]).toContain(to);
  }
});

test('only a run puts a task in progress, up for review, or to failed', () => {
  for (const to of ['IN_PROGRESS', 'NEEDS_REVIEW', 'FAILED'] as const)
    expect(TASK_STATUSES.filter((from) => taskMove(from, to))).toEqual([]);
});

test('moves come in the order of the board', () => {
  expect(possibleMoves('NEEDS_REVIEW').map((m) => m.move)).toEqual(['send_back', 'approve', 'cancel']);
});

test('a held task can be started where it is', () => {
  expect(possibleMoves('QUEUED', true)).toEqual([
    { to: 'QUEUED', move: 'start' },
    { to: 'BLOCKED', move: 'block' },
    { to: 'CANCELED', move: 'cancel' },
  ]);
  expect(possibleMoves('QUEUED').map((m) => m.move)).toEqual(['block', 'cancel']);
});

test('only what is queued can be held', () => {
  expect(TASK_STATUSES.filter((status) => isHeld({ status, heldBy: 'ada@example.test' }))).toEqual(['QUEUED']);
  expect(isHeld({ status: 'QUEUED', heldBy: null })).toBe(false);
});
