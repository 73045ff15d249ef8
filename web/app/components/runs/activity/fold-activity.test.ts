import { expect, test } from 'vitest';
import { foldActivity, NO_ACTIVITY, type Entry } from './fold-activity.ts';

let seq = 0;
const entry = (kind: Entry['kind'], item: number, fields: Partial<Entry> = {}): Entry => ({
  seq: seq++,
  kind,
  item,
  createdAt: '2026-01-01T00:00:00.000Z',
  text: null,
  name: null,
  toolKind: null,
  status: null,
  target: null,
  output: null,
  exitCode: null,
  changes: null,
  steps: null,
  inputTokens: null,
  cachedInputTokens: null,
  outputTokens: null,
  costUsd: null,
  ...fields,
});
const tool = (item: number, status: Entry['status'], second: number, fields: Partial<Entry> = {}): Entry =>
  entry('TOOL', item, {
    name: 'shell',
    toolKind: 'EXECUTE',
    status,
    target: 'npm test',
    changes: [],
    createdAt: `2026-01-01T00:00:0${second}.000Z`,
    ...fields,
  });
/** The same entries, all at once and one by one. */
function rowsOf(entries: Entry[]) {
  const atOnce = foldActivity(NO_ACTIVITY, entries);
  const oneByOne = entries.reduce((folded, one) => foldActivity(folded, [one]), NO_ACTIVITY);
  expect(oneByOne).toEqual(atOnce);
  return atOnce.rows;
}

test('pieces of a message and of a thought are put together where they began, whatever came between', () => {
  const rows = rowsOf([
    entry('MESSAGE', 0, { text: 'I look' }),
    entry('THOUGHT', 1, { text: 'Hm' }),
    entry('MESSAGE', 0, { text: ' at it.' }),
    entry('THOUGHT', 1, { text: ', well.' }),
  ]);
  expect(rows).toEqual([
    { key: 0, kind: 'MESSAGE', text: 'I look at it.' },
    { key: 1, kind: 'THOUGHT', text: 'Hm, well.' },
  ]);
});

test('a tool call is one row from its start to its end, with when it ran', () => {
  const done = tool(4, 'FAILED', 3, { exitCode: 1, output: '1 failed', changes: [{ path: 'a', change: 'ADDED' }] });
  expect(rowsOf([tool(4, 'RUNNING', 1), tool(4, 'RUNNING', 2), done, { ...done, createdAt: '2027-01-01' }])).toEqual([
    {
      key: 4,
      kind: 'TOOL',
      name: 'shell',
      toolKind: 'EXECUTE',
      status: 'FAILED',
      target: 'npm test',
      output: '1 failed',
      exitCode: 1,
      changes: [{ path: 'a', change: 'ADDED' }],
      startedAt: '2026-01-01T00:00:01.000Z',
      endedAt: '2026-01-01T00:00:03.000Z',
    },
  ]);
  expect(rowsOf([tool(4, 'DONE', 3)])[0]).toMatchObject({ startedAt: null, endedAt: '2026-01-01T00:00:03.000Z' });
});

test('a plan is replaced in its place', () => {
  const rows = rowsOf([
    entry('PLAN', 0, { steps: [{ text: 'Look', status: 'ACTIVE' }] }),
    entry('MESSAGE', 1, { text: 'Looked.' }),
    entry('PLAN', 0, { steps: [{ text: 'Look', status: 'DONE' }] }),
  ]);
  expect(rows.map(({ kind }) => kind)).toEqual(['PLAN', 'MESSAGE']);
  expect(rows[0]).toMatchObject({ steps: [{ text: 'Look', status: 'DONE' }] });
});

test('events that nobody knows are one row while they follow each other', () => {
  const rows = rowsOf([
    entry('OTHER', 0, { name: 'init', text: '{}' }),
    entry('OTHER', 1, { name: 'ping', text: '{}' }),
    entry('WARNING', 2, { text: 'Careful' }),
    entry('OTHER', 3, { name: 'bye', text: '{}' }),
    entry('OTHER', 1, { name: 'ping', text: '{"n":2}' }),
  ]);
  expect(rows).toEqual([
    {
      key: 0,
      kind: 'OTHER',
      events: [
        { item: 0, name: 'init', text: '{}' },
        { item: 1, name: 'ping', text: '{"n":2}' },
      ],
    },
    { key: 2, kind: 'WARNING', text: 'Careful' },
    { key: 3, kind: 'OTHER', events: [{ item: 3, name: 'bye', text: '{}' }] },
  ]);
});

test('usage is the newest, and no row', () => {
  const usage = { inputTokens: 10, cachedInputTokens: 2, outputTokens: 3, costUsd: 0.5 };
  const folded = foldActivity(NO_ACTIVITY, [entry('USAGE', 0, { ...usage, inputTokens: 1 }), entry('USAGE', 0, usage)]);
  expect(folded).toEqual({ rows: [], places: new Map(), usage });
});

test('a row that nothing is said about stays the same object', () => {
  const before = foldActivity(NO_ACTIVITY, [entry('MESSAGE', 0, { text: 'a' }), tool(1, 'RUNNING', 1)]);
  const after = foldActivity(before, [tool(1, 'DONE', 2), entry('MESSAGE', 2, { text: 'b' })]);
  expect(after.rows[0]).toBe(before.rows[0]);
  expect(before.rows).toHaveLength(2);
  expect(after.rows).toHaveLength(3);
});
