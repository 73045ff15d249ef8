import { readFileSync } from 'node:fs';
import { ChangeType, CriticalityLevel, diff } from '@graphql-inspector/core';
import type { Change } from '@graphql-inspector/core';
import { buildSchema as readSchema, lexicographicSortSchema, printSchema } from 'graphql';
import type { GraphQLSchema } from 'graphql';
import { describe, expect, test } from 'vitest';
import { buildSchema } from './schema.ts';

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');

/** What the changelog says of the next release, by the names that stand between back quotes: `Query.tasks`, `TaskSort`. */
function namesOfUnreleased(changelog: string): Set<string> {
  const [, unreleased = ''] = changelog.split(/^## Unreleased$/m);
  const [section = ''] = unreleased.split(/^## /m);
  return new Set([...section.matchAll(/`([^`\s]+)`/g)].map(([, name]) => name ?? ''));
}

/** Breaking changes of which the changelog says nothing: neither of the place, nor of what it is a part of. */
async function unsaid(released: GraphQLSchema, next: GraphQLSchema, changelog: string): Promise<string[]> {
  const names = namesOfUnreleased(changelog);
  const isSaid = ({ path = '', type }: Change): boolean => {
    const parts = path.split('.');
    // `Query` alone may say that all its answers have another type; what is gone is said by its own name.
    const isWhole =
      !['Query', 'Mutation', 'Subscription'].includes(parts[0] ?? '') || type === ChangeType.FieldTypeChanged;
    return parts.some((_, i) => (i > 0 || isWhole) && names.has(parts.slice(0, i + 1).join('.')));
  };
  return (await diff(released, next))
    .filter((change) => change.criticality.level === CriticalityLevel.Breaking && !isSaid(change))
    .map(({ path, message }) => `${path ?? ''}: ${message}`);
}

test('what breaks the schema of the last release stands in CHANGELOG.md, by its name', async () => {
  const next = readSchema(printSchema(lexicographicSortSchema(buildSchema())));
  // With a release, schema.graphql becomes schema.released.graphql, and "Unreleased" its number.
  expect(await unsaid(readSchema(read('schema.released.graphql')), next, read('CHANGELOG.md'))).toEqual([]);
});

describe('a breaking change', () => {
  const released = readSchema(
    'type Query { task(id: ID!): Task } type Task { id: ID! runs: [Int!]! } input Filter { text: String }',
  );
  const log = (text: string): string =>
    `# Changelog\n\n## Unreleased\n\n${text}\n\n## 0.1.0\n\n- \`Query\`, \`Filter\`\n`;
  test.each([
    [
      'a field that is gone',
      'type Query { task(id: ID!): Task } type Task { id: ID! } input Filter { text: String }',
      'Task.runs',
    ],
    [
      'another type',
      'type Query { task(id: ID!): Task } type Task { id: ID! runs: Int } input Filter { text: String }',
      'Task.runs',
    ],
    [
      'an argument that is needed',
      'type Query { task(id: ID!, at: Int!): Task } type Task { id: ID! runs: [Int!]! } input Filter { text: String }',
      'Query.task.at',
    ],
    ['an input that is gone', 'type Query { task(id: ID!): Task } type Task { id: ID! runs: [Int!]! }', 'Filter'],
  ])('%s: is found, until the changelog names it', async (_name, text, name) => {
    const next = readSchema(text);
    expect(await unsaid(released, next, log('- Something else'))).toEqual([expect.stringContaining(`${name}:`)]);
    expect(await unsaid(released, next, log(`- \`${name}\` is another now.`))).toEqual([]);
    expect(await unsaid(released, next, log('- `Query`: look at it.'))).toHaveLength(1);
    // A line of an older release says nothing of this one.
    expect(await unsaid(released, next, log(''))).toHaveLength(1);
  });

  test('is none when something is added', async () => {
    const next = readSchema(
      'type Query { task(id: ID!, at: Int): Task } type Task { id: ID! runs: [Int!]! more: Int } input Filter { text: String also: Int }',
    );
    expect(await unsaid(released, next, log(''))).toEqual([]);
  });
});
