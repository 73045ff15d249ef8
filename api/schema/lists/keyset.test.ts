import { describe, expect, test } from 'vitest';
import { NEWEST_FIRST, pageQuery, parsePage, toConnection } from './keyset.ts';
import type { Order } from './keyset.ts';

const BY_PRIORITY: Order = [
  { field: 'priority', direction: 'asc', kind: 'smallint' },
  { field: 'id', direction: 'desc', kind: 'id' },
];
const ids = ['0190a000-0000-7000-8000-000000000001', '0190a000-0000-7000-8000-000000000002'] as const;
const cursorOf = (values: unknown): string => Buffer.from(JSON.stringify(values)).toString('base64url');

describe('a page of a list', () => {
  test('reads one more than asked, behind the cursor, with a first condition that an index can use', () => {
    const page = parsePage({ first: 2, after: cursorOf([3, ids[0]]) }, BY_PRIORITY);
    expect(pageQuery(page)).toEqual({
      where: { AND: [{ priority: { gte: 3 }, OR: [{ priority: { gt: 3 } }, { priority: 3, id: { lt: ids[0] } }] }] },
      orderBy: [{ priority: 'asc' }, { id: 'desc' }],
      take: 3,
    });
  });

  test('from the end is read against the order and turned round', () => {
    const page = parsePage({ last: 1, before: cursorOf([3, ids[0]]) }, BY_PRIORITY);
    expect(pageQuery(page)).toMatchObject({
      where: { AND: [{ priority: { lte: 3 } }] },
      orderBy: [{ priority: 'desc' }, { id: 'asc' }],
    });
    const rows = [
      { priority: 2, id: ids[1] },
      { priority: 1, id: ids[0] },
    ];
    const connection = toConnection(rows, page);
    expect(connection.edges.map((edge) => edge.node)).toEqual([rows[0]]);
    expect(connection.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: true,
      startCursor: cursorOf([2, ids[1]]),
      endCursor: cursorOf([2, ids[1]]),
    });
  });

  test('between two cursors has both bounds', () => {
    const page = parsePage({ after: cursorOf([ids[0]]), before: cursorOf([ids[1]]) }, NEWEST_FIRST);
    expect(pageQuery(page).where).toEqual({ AND: [{ id: { lt: ids[0] } }, { id: { gt: ids[1] } }] });
  });

  test('that is empty has no cursors', () => {
    expect(toConnection([], parsePage({}, NEWEST_FIRST)).pageInfo).toEqual({
      hasNextPage: false,
      hasPreviousPage: false,
      startCursor: null,
      endCursor: null,
    });
  });

  test('keeps the time and the number that a cursor was made of', () => {
    const order: Order = [
      { field: 'at', direction: 'desc', kind: 'time' },
      { field: 'version', direction: 'desc', kind: 'bigint' },
      { field: 'name', direction: 'asc', kind: 'text' },
    ];
    const row = { at: new Date('2026-11-22T15:04:05.678Z'), version: 7n, name: 'über' };
    const { endCursor } = toConnection([row], parsePage({}, order)).pageInfo;
    expect(parsePage({ after: endCursor }, order).after).toEqual([row.at, 7n, 'über']);
  });
});

test.each([
  ['first and last', { first: 1, last: 1 }],
  ['first of 0', { first: 0 }],
  ['first of 101', { first: 101 }],
  ['last of -1', { last: -1 }],
  ['an empty cursor', { after: '' }],
  ['no JSON', { after: 'x' }],
  ['another list', { before: cursorOf([ids[0]]) }],
  ['an id that is none', { after: cursorOf([1, 'x']) }],
  ['a priority out of the column', { after: cursorOf([99_999, ids[0]]) }],
  ['a priority with a fraction', { after: cursorOf([1.5, ids[0]]) }],
])('%s: refused', (_name, args) => {
  expect(() => parsePage(args, BY_PRIORITY)).toThrow(/first|last|after|before/);
});
