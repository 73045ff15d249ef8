import { Kind, OperationTypeNode, visit } from 'graphql';
import type { DocumentNode } from 'graphql';
import { describe, expect, test } from 'vitest';
import * as generated from './gql/graphql.ts';
import { mutationFailure } from './mutation-failure.ts';

const mutations = Object.values(generated as Record<string, unknown>).filter(
  (value): value is DocumentNode =>
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    value.kind === Kind.DOCUMENT &&
    (value as DocumentNode).definitions.some(
      (part) => part.kind === Kind.OPERATION_DEFINITION && part.operation === OperationTypeNode.MUTATION,
    ),
);

/** The fields of a mutation that would not say that they were refused. */
function silentFields(document: DocumentNode): string[] {
  const silent: string[] = [];
  visit(document, {
    OperationDefinition({ selectionSet }) {
      for (const field of selectionSet.selections) {
        if (field.kind !== Kind.FIELD) continue;
        const parts = field.selectionSet?.selections ?? [];
        const asksWhy = parts.some(
          (part) => part.kind === Kind.FRAGMENT_SPREAD && part.name.value === 'MutationFailure_UserError',
        );
        const asksWhat = parts.some((part) => part.kind === Kind.FIELD && part.name.value === '__typename');
        if (!asksWhy || !asksWhat) silent.push(field.name.value);
      }
    },
  });
  return silent;
}

test('every mutation of the pages asks whether it was refused, and why', () => {
  expect(mutations.length).toBeGreaterThan(30);
  expect(mutations.flatMap(silentFields)).toEqual([]);
});

describe('a mutation', () => {
  test('that was carried out has no failure, also when its payload tells of a message', () => {
    const sendMessage = { __typename: 'SendMessagePayload', message: { id: '1' } };
    expect(mutationFailure({ data: { sendMessage } })).toBeNull();
    expect(mutationFailure({ data: null })).toBeNull();
  });

  test('that was refused says why', () => {
    const removeMembership = { __typename: 'ConflictError', failure: 'This is the last owner.' };
    expect(mutationFailure({ data: { __typename: 'Mutation', removeMembership } })).toBe('This is the last owner.');
  });

  test('whose refusal was not asked for is a mistake of the page, never a success', () => {
    for (const __typename of ['ConflictError', 'ForbiddenError', 'ErrorOfTomorrowError'])
      expect(() => mutationFailure({ data: { updateUser: { __typename, message: 'No' } } })).toThrow(__typename);
  });
});
