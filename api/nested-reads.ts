import { GraphQLError } from 'graphql';
import type { GraphQLResolveInfo } from 'graphql';
import type { ApiContext } from './context.ts';

/** A page of a list (100) may read one list of each of its items, and a screen a few more. */
const MAX_NESTED_READS = 200;

// A subscription's context lives as long as it does, so each of its events begins anew.
const counts = new WeakMap<ApiContext, { event: unknown; reads: number }>();

/**
 * Counts the reads that an operation makes once for each of many things: a list inside of a list, the text of a file.
 * Depth and cost know nothing of how many things there are.
 * @throws GraphQLError QUERY_REJECTED past the limit
 */
export function countNestedRead(context: ApiContext, info: GraphQLResolveInfo): void {
  const known = counts.get(context);
  const count = known && known.event === info.rootValue ? known : { event: info.rootValue, reads: 0 };
  counts.set(context, count);
  count.reads += 1;
  if (count.reads > MAX_NESTED_READS) {
    throw new GraphQLError('This query reads a list for each of too many things: ask for fewer at once.', {
      extensions: { code: 'QUERY_REJECTED', limit: MAX_NESTED_READS },
    });
  }
}
