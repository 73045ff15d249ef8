import { describe, expect, test } from 'vitest';
import { keepNewest, type NewestValues } from './keep-newest.ts';

const task = (revision: number, fields: object) => ({ __typename: 'Task', id: 't', revision, ...fields });

/** What is left of answers and events that arrive in this order. */
function arrive(...answers: object[]): object[] {
  const newest: NewestValues = new Map();
  for (const answer of answers) keepNewest(newest, answer);
  return answers;
}

describe('of two states of a thing', () => {
  test('the newer stays, also when the older arrives later, deep inside of another answer', () => {
    const [, late] = arrive(
      { projectEvents: { __typename: 'TaskUpdatedEvent', task: task(3, { status: 'IN_PROGRESS', heldBy: null }) } },
      { createTask: { __typename: 'CreateTaskPayload', task: task(1, { status: 'QUEUED', heldBy: 'Ann' }) } },
    );
    expect(late).toMatchObject({ createTask: { task: { revision: 3, status: 'IN_PROGRESS', heldBy: null } } });
  });

  test('what only the older tells is taken from it', () => {
    const [, late] = arrive(task(3, { status: 'DONE' }), task(1, { status: 'QUEUED', description: 'Words' }));
    expect(late).toEqual(task(3, { status: 'DONE', description: 'Words' }));
  });

  test('each field is as new as the newest that told it', () => {
    const [, , late] = arrive(
      task(2, { description: 'Second' }),
      task(3, { status: 'DONE' }),
      task(1, { status: 'QUEUED', description: 'First' }),
    );
    expect(late).toEqual(task(3, { status: 'DONE', description: 'Second' }));
  });

  test('the newer replaces the older as ever, and the same revision the same', () => {
    const answers = [
      task(1, { status: 'QUEUED' }),
      task(2, { status: 'BLOCKED' }),
      task(2, { status: 'BLOCKED', x: 1 }),
    ];
    expect(arrive(...structuredClone(answers))).toEqual(answers);
  });

  test('each thing has its own revisions', () => {
    const answers = [
      task(5, { status: 'DONE' }),
      { ...task(1, { status: 'QUEUED' }), id: 'u' },
      { ...task(1, { status: 'FAILED' }), __typename: 'Run' },
    ];
    expect(arrive(...structuredClone(answers))).toEqual(answers);
  });
});

test('what is linked follows the newer, and keeps the fields that were asked for', () => {
  const run = (fields: object) => ({ __typename: 'Run', id: 'r', ...fields });
  const [, gone] = arrive(task(3, { liveRun: null }), task(2, { liveRun: run({ status: 'STARTED' }) }));
  expect(gone).toMatchObject({ liveRun: null });
  const [, same] = arrive(task(3, { liveRun: run({ status: 'STARTED' }) }), task(2, { liveRun: run({ attempt: 1 }) }));
  expect(same).toMatchObject({ liveRun: { id: 'r', attempt: 1 } });
});

test('pages of lists are left alone', () => {
  const page = (...ids: string[]) => ({
    __typename: 'RunConnection',
    nodes: ids.map((id) => ({ __typename: 'Run', id })),
  });
  const [, late] = arrive(task(3, { runs: page('a') }), task(1, { runs: page('b', 'c'), status: 'QUEUED' }));
  expect(late).toMatchObject({ runs: page('b', 'c') });
});

test('what has no revision passes as it is', () => {
  const answers = [
    null,
    1,
    { a: [null, { __typename: 'Task', id: 't', status: 'DONE' }] },
    { __typename: 'Task', id: 't', status: 'QUEUED' },
  ];
  expect(arrive(...(structuredClone(answers) as object[]))).toEqual(answers);
});
