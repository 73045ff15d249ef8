import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Kind, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { MAX_QUERY_COST } from '#core/config/limits.ts';
import { TASK_STATUSES } from '#core/tasks/transitions.ts';
import { costOf } from './query-cost.ts';
import { buildSchema } from './schema/schema.ts';

const schema = buildSchema();
const cost = (query: string, variables: Record<string, unknown> = {}): number => {
  const document = parse(query);
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  if (!operation) throw new Error('The query has no operation');
  return costOf(operation, { schema, document, variables });
};

describe('the cost of a query', () => {
  test.each([
    ['a leaf and an object', '{ viewer { id email } }', 2 + 2],
    [
      'a list that says how long it is',
      '{ projects(first: 3) { nodes { id } pageInfo { hasNextPage } } }',
      2 + 3 * (3 + 3),
    ],
    ['the type of everything, as clients ask for it', '{ __typename viewer { __typename id } }', 2 + 1],
    [
      'a list with one item a status',
      '{ board(projectId: "x") { tasks(first: 3) { nodes { id } } } }',
      2 + TASK_STATUSES.length * (2 + 3 * 3),
    ],
    ['a list that does not', '{ projects { nodes { id } } }', 2 + 50 * 3],
    [
      'cards of a board',
      '{ board(projectId: "x") { tasks { nodes { id } } } }',
      2 + TASK_STATUSES.length * (2 + 200 * 3),
    ],
    ['a fragment that is used twice', '{ a: viewer { ...U } b: viewer { ...U } } fragment U on User { id email }', 8],
  ])('%s', (_name, query, expected) => {
    expect(cost(query)).toBe(expected);
  });

  test('counts the variable that a length stands in, given or by default', () => {
    const query = (declared: string) => `query (${declared}) { projects(first: $n) { nodes { id } } }`;
    expect(cost(query('$n: Int'), { n: 5 })).toBe(2 + 5 * 3);
    expect(cost(query('$n: Int = 7'))).toBe(2 + 7 * 3);
    expect(cost(query('$n: Int = 7'), { n: 5 })).toBe(2 + 5 * 3);
    expect(cost(query('$n: Int'), {})).toBe(2 + 50 * 3);
    expect(cost(query('$n: Int = 7'), { n: null })).toBe(2 + 50 * 3);
    expect(cost(query('$n: Int'), { n: -1_000 })).toBe(2 + 3);
  });
});

/** Every operation of web and runner, with the fragments it uses, as it is sent. */
function ownOperations(): { name: string; query: string }[] {
  const parts = ['web/app', 'runner'].flatMap((directory) =>
    readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.tsx?$/.test(file) && !file.includes('gql/') && !file.includes('.test.'))
      .flatMap((file) =>
        [...readFileSync(path.join(directory, file), 'utf8').matchAll(/graphql\(`([^`]+)`\)/g)].map(
          (match) => match[1] ?? '',
        ),
      ),
  );
  const fragments = new Map(
    parts.flatMap((part) => [...part.matchAll(/fragment (\w+) on/g)].map((match) => [match[1], part])),
  );
  const withFragments = (part: string, seen = new Set<string>()): string[] => [
    part,
    ...[...part.matchAll(/\.\.\.\s?(?!on\b)(\w+)/g)].flatMap(([, name = '']) => {
      const fragment = fragments.get(name);
      if (!fragment || seen.has(name)) return [];
      return withFragments(fragment, seen.add(name));
    }),
  ];
  return parts.flatMap((part) => {
    const name = /^\s*(?:query|mutation|subscription) (\w+)/.exec(part)?.[1];
    return name ? [{ name, query: withFragments(part).join('\n') }] : [];
  });
}

test.each(ownOperations())('$name of our own programs costs no more than what is allowed', ({ query }) => {
  expect(cost(query)).toBeLessThanOrEqual(MAX_QUERY_COST);
});
