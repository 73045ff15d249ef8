import { visit } from 'graphql';
import type { GraphQLResolveInfo } from 'graphql';

/** The columns of a task that may be long, by the names of their fields. */
const LONG_TEXTS = ['description', 'acceptanceCriteria', 'feedback'] as const;

/**
 * For lists of tasks: leaves out the long texts unless the operation names them. Pothos reads all columns of a row,
 * and a board of 1,000 cards would carry megabytes that nobody sees. A name that stands anywhere in the operation
 * counts, also where another type has it: that costs a column and never a wrong answer.
 */
export function omitLongTexts(info: GraphQLResolveInfo): { omit: Partial<Record<(typeof LONG_TEXTS)[number], true>> } {
  const named = new Set<string>();
  for (const node of [info.operation, ...Object.values(info.fragments)])
    visit(node, { Field: (field) => void named.add(field.name.value) });
  return { omit: Object.fromEntries(LONG_TEXTS.filter((name) => !named.has(name)).map((name) => [name, true])) };
}
