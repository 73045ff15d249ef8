import { expect, test } from 'vitest';
import { TASK_TRANSITIONS } from '#core/tasks/transitions.ts';
import { isHeld, possibleMoves, TASK_STATUSES, taskMove, type TaskStatus } from './task-status.ts';

/** As the domain holds it, which the pages may not import. */
const allowedFrom = (status: TaskStatus): string[] =>
  TASK_TRANSITIONS[status.toLowerCase() as keyof typeof TASK_TRANSITIONS].map((to) => to.toUpperCase());

test('the pages know the statuses of the domain, and no others', () => {
  expect(TASK_STATUSES.map((status) => status.toLowerCase()).sort()).toEqual(Object.keys(TASK_TRANSITIONS).sort());
});

test('nothing is offered that the life cycle does not allow', () => {
  for (const from of TASK_STATUSES) {
    for (const to of TASK_STATUSES) if (taskMove(from, to)) expect(allowedFrom(from)).toContain(to);
  }
});

test('only a run puts a task in progress, up for review, or to failed', () => {
  for (const to of ['IN_PROGRESS', 'NEEDS_REVIEW', 'FAILED'] as const)
    expect(TASK_STATUSES.filter((from) => taskMove(from, to))).toEqual([]);
});

test('moves come in the order of the board', () => {
  expect(possibleMoves('NEEDS_REVIEW').map((m) => m.move)).toEqual(['send_back', 'approve', 'cancel']);
  expect(possibleMoves('FAILED').map((m) => m.move)).toEqual(['retry', 'send_back', 'cancel']);
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
