import type { ObjectRef } from '@pothos/core';
import { MAX_PAGE_SIZE } from '#core/config/limits.ts';
import { InvalidInputError } from '#core/errors/errors.ts';
import { isUuid } from '#core/platform/ids.ts';
import { builder } from './builder.ts';

export interface Page<T> {
  items: { cursor: string; node: T }[];
  hasNextPage: boolean;
}

const PageInfo = builder.objectRef<{ hasNextPage: boolean; endCursor: string | null }>('PageInfo').implement({
  description: 'Where a page ends.',
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', { description: 'Whether there is more after it.' }),
    endCursor: t.exposeString('endCursor', {
      nullable: true,
      description: 'Give this as `after` to go on; null for an empty page.',
    }),
  }),
});

/** Declares the connection of a type: `edges`, `nodes`, `pageInfo`; no totals. */
export function connectionOf<T>(name: string, node: ObjectRef<SchemaTypes, T>) {
  type Edge = Page<T>['items'][number];
  const EdgeType = builder.objectRef<Edge>(`${name}Edge`).implement({
    description: `One ${name} in a list, with its cursor.`,
    fields: (t) => ({
      cursor: t.exposeString('cursor', { description: 'Opaque; give it as `after` to go on behind this one.' }),
      node: t.field({ type: node, description: `The ${name}.`, resolve: (edge) => edge.node as never }),
    }),
  });
  return builder.objectRef<Page<T>>(`${name}Connection`).implement({
    description: `A page of a list of ${name}.`,
    fields: (t) => ({
      edges: t.field({
        type: [EdgeType],
        description: 'The page with a cursor for each.',
        resolve: (page) => page.items,
      }),
      nodes: t.field({
        type: [node],
        description: 'The page without cursors.',
        resolve: (page) => page.items.map((item) => item.node) as never,
      }),
      pageInfo: t.field({
        type: PageInfo,
        description: 'Whether and how to go on.',
        resolve: (page) => ({ hasNextPage: page.hasNextPage, endCursor: page.items.at(-1)?.cursor ?? null }),
      }),
    }),
  });
}
type SchemaTypes = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer Types> ? Types : never;

/** How many to fetch: one more than asked, which tells whether there is a next page. */
export function pageSize(first: number | null | undefined): number {
  const size = first ?? 50;
  if (size < 1 || size > MAX_PAGE_SIZE)
    throw new InvalidInputError([{ path: ['first'], message: `Between 1 and ${MAX_PAGE_SIZE}` }]);
  return size;
}

export function toPage<T>(rows: T[], size: number, keyOf: (row: T) => (string | number)[]): Page<T> {
  return {
    items: rows
      .slice(0, size)
      .map((node) => ({ node, cursor: Buffer.from(JSON.stringify(keyOf(node))).toString('base64url') })),
    hasNextPage: rows.length > size,
  };
}

/** What a list's cursor is made of, in order. */
type CursorKey = 'id' | 'number';
type CursorValues<K extends readonly CursorKey[]> = { [I in keyof K]: K[I] extends 'id' ? string : number };

/** @throws InvalidInputError when it is not a cursor of a list with these keys */
export function decodeCursor<const K extends readonly CursorKey[]>(
  after: string | null | undefined,
  keys: K,
): CursorValues<K> | null {
  if (!after) return null;
  const values = parseJson(Buffer.from(after, 'base64url').toString());
  const fits =
    Array.isArray(values) &&
    values.length === keys.length &&
    keys.every((key, i) => (key === 'id' ? isId(values[i]) : Number.isSafeInteger(values[i])));
  if (!fits) throw new InvalidInputError([{ path: ['after'], message: 'Not a cursor of this list' }]);
  return values as unknown as CursorValues<K>;
}

const isId = (value: unknown): boolean => typeof value === 'string' && isUuid(value);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export const pageArgs = {
  first: { description: `How many, at most ${MAX_PAGE_SIZE}; 50 if not given.` },
  after: { description: 'Cursor to go on behind.' },
} as const;
