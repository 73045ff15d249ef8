import { GraphQLError } from 'graphql';
import type { GraphQLResolveInfo } from 'graphql';
import type { ApiContext } from './context.ts';

/** A screen reads the text of a few files, or of one page of them. */
const MAX_NESTED_READS = 200;
/** A page of a list (100) may have a long list in each of its items, and a screen a few more. */
const MAX_NESTED_ROWS = 20_000;

interface Counts {
  event: unknown;
  reads: number;
  rows: number;
}
// A subscription's context lives as long as it does, so each of its events begins anew.
const counts = new WeakMap<ApiContext, Counts>();

/**
 * Counts the reads that an operation makes once for each of many things: the text of a file, a page of a log.
 * Depth and cost know nothing of how many things there are.
 * @throws GraphQLError QUERY_REJECTED past the limit
 */
export function countNestedRead(context: ApiContext, info: GraphQLResolveInfo): void {
  const count = countsOf(context, info);
  count.reads += 1;
  if (count.reads > MAX_NESTED_READS)
    throw tooMuch(
      'This query reads a file or a log of each of too many things: ask for fewer at once.',
      MAX_NESTED_READS,
    );
}

/**
 * Counts the rows that the lists inside of an operation's lists may have, as asked for.
 * @throws GraphQLError QUERY_REJECTED past the limit
 */
export function countNestedRows(context: ApiContext, info: GraphQLResolveInfo, rows: number): void {
  const count = countsOf(context, info);
  count.rows += rows;
  if (count.rows > MAX_NESTED_ROWS)
    throw tooMuch(
      'This query reads a list of each of too many things: ask for fewer, or for a smaller `first`.',
      MAX_NESTED_ROWS,
    );
}

function countsOf(context: ApiContext, info: GraphQLResolveInfo): Counts {
  const known = counts.get(context);
  const count = known && known.event === info.rootValue ? known : { event: info.rootValue, reads: 0, rows: 0 };
  counts.set(context, count);
  return count;
}

function tooMuch(message: string, limit: number): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'QUERY_REJECTED', limit } });
}
