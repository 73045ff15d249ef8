import { readFileSync } from 'node:fs';
import { buildSchema, isObjectType, Kind, TypeInfo, visit, visitWithTypeInfo } from 'graphql';
import type { DocumentNode, FieldNode } from 'graphql';
import { expect, test } from 'vitest';
import * as generated from './gql/graphql.ts';

const schema = buildSchema(readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8'));
const documents = Object.values(generated as Record<string, unknown>).filter(
  (value): value is DocumentNode =>
    typeof value === 'object' && value !== null && 'kind' in value && value.kind === Kind.DOCUMENT,
);
/** Written into the cache by the page itself, about what it knows already. */
const OWN_FRAGMENTS = ['LogGrowth', 'ActivityGrowth', 'TranscriptionProgress'];

test('whatever has a revision is asked for it: without one, an older answer would stand over a newer', () => {
  expect(documents.length).toBeGreaterThan(50);
  const missing: string[] = [];
  for (const document of documents) {
    const info = new TypeInfo(schema);
    let place = '';
    visit(
      document,
      visitWithTypeInfo(info, {
        OperationDefinition: (node) => void (place = node.name?.value ?? ''),
        FragmentDefinition: (node) => void (place = node.name.value),
        SelectionSet(node) {
          const type = info.getParentType();
          if (!isObjectType(type) || !type.getFields()['revision'] || OWN_FRAGMENTS.includes(place)) return;
          const names = node.selections
            .filter((each): each is FieldNode => each.kind === Kind.FIELD)
            .map(({ name }) => name.value);
          if (names.includes('id') && !names.includes('revision')) missing.push(`${type.name} in ${place}`);
        },
      }),
    );
  }
  expect([...new Set(missing)]).toEqual([]);
});
