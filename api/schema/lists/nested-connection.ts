import type { GraphQLResolveInfo } from 'graphql';
import type { ApiContext } from '#api/context.ts';
import { countNestedRows } from '#api/nested-reads.ts';
import { groupBy } from '#core/platform/group-by.ts';
import type { Core } from '#core/platform/core.ts';
import { loadInBatch, pathOf } from './batch.ts';
import { selectionOf } from './connection.ts';
import type { Rows } from './connection.ts';
import { opposite, orderBy, pageQuery, parsePage, toConnection } from './keyset.ts';
import type { Connection, Direction, Key, PageArgs, PageRequest } from './keyset.ts';

/** A list that each of many things has, sorted by one unique column. Its names come from here, never from a caller. */
export interface NestedList<Row> {
  typeName: string;
  rows(core: Core): Rows<Row>;
  /** Whose it is, as Prisma and as PostgreSQL name the column. */
  parent: { field: string; column: string };
  key: Key & { column: string };
  table: string;
  /** Only the rows of this kind, as Prisma and as PostgreSQL say it. */
  only?: { where: Record<string, unknown>; sql: string };
}

/**
 * A page of the list for each thing that the operation reads it of, together. Prisma reads a relation's rows of all
 * those things and throws away what is past `take`; here PostgreSQL stops at the limit for each: it says which rows
 * (one lateral query), and Prisma reads those with what the operation asks of them.
 * @throws InvalidInputError, GraphQLError QUERY_REJECTED when it would be too many rows
 */
export async function nestedConnection<Row extends object>(
  list: NestedList<Row>,
  parentId: string,
  args: PageArgs,
  context: ApiContext,
  info: GraphQLResolveInfo,
): Promise<Connection<Row>> {
  const page = parsePage(args, [list.key]);
  return loadInBatch(context, pathOf(info), parentId, (parentIds) => readPages(list, parentIds, page, context, info));
}

async function readPages<Row extends object>(
  list: NestedList<Row>,
  parentIds: string[],
  page: PageRequest,
  context: ApiContext,
  info: GraphQLResolveInfo,
): Promise<Connection<Row>[]> {
  const ids = [...new Set(parentIds)];
  countNestedRows(context, info, ids.length * page.size);
  const { field } = list.parent;
  const bounds = pageQuery(page);
  const found = await list.rows(context.core).findMany({
    ...selectionOf(context, info, list.typeName, page.order, [field]),
    ...(ids.length === 1
      ? { ...bounds, where: { [field]: ids[0], ...list.only?.where, ...bounds.where } }
      : { where: { id: { in: await idsOfPages(list, ids, page, context.core) } }, orderBy: orderBy(page) }),
  } as never);
  const byParent = groupBy(found, (row) => String((row as Record<string, unknown>)[field]));
  return parentIds.map((id) => toConnection(byParent.get(id) ?? [], page));
}

/** Of each parent's list as many as the page has, and one more. */
async function idsOfPages(
  { table, parent, key, only }: Pick<NestedList<object>, 'table' | 'parent' | 'key' | 'only'>,
  parentIds: string[],
  { size, isBackward, after, before }: PageRequest,
  core: Core,
): Promise<string[]> {
  const values: unknown[] = [parentIds, size + 1];
  const bound = (value: unknown, isAfter: boolean): string => {
    values.push(value);
    return `and "${key.column}" ${(key.direction === 'asc') === isAfter ? '>' : '<'} $${values.length}`;
  };
  const bounds = [...(after ? [bound(after[0], true)] : []), ...(before ? [bound(before[0], false)] : [])].join(' ');
  const { rows } = await core.pool.query<{ id: string }>(
    `select item.id from unnest($1::uuid[]) as parent(id) cross join lateral (
       select id from "${table}" where "${parent.column}" = parent.id ${only ? `and ${only.sql}` : ''} ${bounds}
       order by "${key.column}" ${isBackward ? opposite(key.direction) : key.direction} limit $2) as item`,
    values,
  );
  return rows.map(({ id }) => id);
}

/** The list from its other end, when somebody asks for that. */
export function inOrder<Row>(
  list: NestedList<Row>,
  orderBy: { direction: Direction } | null | undefined,
): NestedList<Row> {
  return orderBy ? { ...list, key: { ...list.key, direction: orderBy.direction } } : list;
}
