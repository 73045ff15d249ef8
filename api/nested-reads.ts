import { GraphQLError } from 'graphql';
import type { GraphQLResolveInfo } from 'graphql';

/** A page of a list (100) may read one list of each of its items, and a screen a few more. */
const MAX_NESTED_READS = 200;

// By the variables of an execution, because they are its own: a subscription's context lives as long as it does.
const counts = new WeakMap<object, number>();

/**
 * Counts the reads that an operation makes once for each of many things: a list inside of a list, the text of a file.
 * Depth and cost know nothing of how many things there are.
 * @throws GraphQLError QUERY_REJECTED past the limit
 */
export function countNestedRead(info: GraphQLResolveInfo): void {
  const count = (counts.get(info.variableValues) ?? 0) + 1;
  counts.set(info.variableValues, count);
  if (count > MAX_NESTED_READS) {
    throw new GraphQLError('This query reads a list for each of too many things: ask for fewer at once.', { extensions: { code: 'QUERY_REJECTED', limit: MAX_NESTED_READS } });
  }
}
