import { parse } from 'graphql';
import { expect, test } from 'vitest';
import type { GraphQLSchema } from 'graphql';
import { operationKey } from './operation.ts';
import { SharedReader } from './shared-reader.ts';

const keyOf = (source: string, variables: Record<string, unknown>, isAdmin = false): string =>
  operationKey(
    { schema: {} as GraphQLSchema, document: parse(source), source, operationName: null, variables },
    isAdmin,
  );
const EVENTS = 'subscription ($id: ID!, $after: String) { projectEvents(projectId: $id, after: $after) { type } }';
const WITH = `subscription ($id: ID!, $after: String, $deep: Boolean!) {
  projectEvents(projectId: $id, after: $after) { ...Event }
}
fragment Event on ProjectEvent { type patch @include(if: $deep) }`;

test('where somebody begins does not tell operations apart; what they are answered with does', () => {
  const at = (after: string) => keyOf(EVENTS, { id: 'p', after });
  expect(at('1')).toBe(at('2'));
  expect(keyOf(WITH, { id: 'p', after: '1', deep: true })).toBe(keyOf(WITH, { deep: true, after: '2', id: 'p' }));
  expect(keyOf(WITH, { id: 'p', deep: true })).not.toBe(keyOf(WITH, { id: 'p', deep: false }));
  expect(keyOf(EVENTS, {}, true)).not.toBe(keyOf(EVENTS, {}, false));
  expect(keyOf(EVENTS, {})).not.toBe(keyOf(EVENTS.replace('type', 'cursor'), {}));
});

test('a shared answer can not depend on who one of its readers is', () => {
  const reader = new SharedReader(true);
  expect(reader.isAdmin).toBe(true);
  for (const name of ['userId', 'email', 'sessionId'] as const) expect(() => reader[name]).toThrow(/may not depend/);
});
