import { beforeAll, expect, test } from 'vitest';
import type { GraphQLSchema } from 'graphql';
import { readAppendDocument } from './append-document.ts';
import { buildSchema } from './schema/schema.ts';

let schema: GraphQLSchema;
beforeAll(() => {
  schema = buildSchema();
});
const read = (query: string) => readAppendDocument(schema, query);
const of = (selections: string, root = 'appendRunLogs(input: $input)') =>
  read(`mutation ($input: AppendRunLogsInput!) { ${root} { ${selections} } }`);

test('answers what is asked for, as it is called there', () => {
  expect(of('__typename ... on AppendRunLogsPayload { lastSeq }')?.answer(7)).toEqual({
    appendRunLogs: { __typename: 'AppendRunLogsPayload', lastSeq: 7 },
  });
  expect(
    of('kind: __typename ... on UserError { code } ... { ... on AppendRunLogsPayload { last: lastSeq } }')?.answer(0),
  ).toEqual({ appendRunLogs: { kind: 'AppendRunLogsPayload', last: 0 } });
  expect(of('... on UserError { code }', 'stored: appendRunLogs(input: $input)')?.answer(1)).toEqual({ stored: {} });
  expect(
    read('mutation Add($input: AppendRunLogsInput!) { appendRunLogs(input: $input) { __typename } }')?.operationName,
  ).toBe('Add');
});

test.each([
  [
    'a directive on the field',
    'mutation ($input: AppendRunLogsInput!) { appendRunLogs(input: $input) @skip(if: true) { __typename } }',
  ],
  [
    'a directive on a selection',
    'mutation ($input: AppendRunLogsInput!) { appendRunLogs(input: $input) { __typename @include(if: false) } }',
  ],
  [
    'a named fragment',
    'mutation ($input: AppendRunLogsInput!) { appendRunLogs(input: $input) { ...F } } fragment F on AppendRunLogsPayload { lastSeq }',
  ],
  [
    'another field beside it',
    'mutation ($input: AppendRunLogsInput!) { appendRunLogs(input: $input) { __typename } logout { __typename } }',
  ],
  [
    'input that is written in the text',
    'mutation { appendRunLogs(input: { runId: "a", leaseToken: "b", firstSeq: 0, streams: "1", messages: ["a"] }) { __typename } }',
  ],
  ['input of another name', 'mutation ($batch: AppendRunLogsInput!) { appendRunLogs(input: $batch) { __typename } }'],
  ['another mutation', 'mutation ($input: ClaimRunInput!) { claimRun(input: $input) { __typename } }'],
  ['a query', '{ __typename }'],
  [
    'what the schema does not have',
    'mutation ($input: AppendRunLogsInput!) { appendRunLogs(input: $input) { __typename ... on AppendRunLogsPayload { colour } } }',
  ],
  ['a type that is not there', 'mutation ($input: Nothing!) { appendRunLogs(input: $input) { __typename } }'],
  ['no GraphQL', 'append these'],
  ['nothing', ''],
])('leaves %s to the whole of GraphQL', (_name, query) => {
  expect(read(query)).toBeNull();
});
