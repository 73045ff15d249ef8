import type { ObjectRef } from '@pothos/core';
import { queryFromInfo } from '@pothos/plugin-prisma';
import type { GraphQLResolveInfo } from 'graphql';
import type { ApiContext } from '#api/context.ts';
import { builder } from '../builder.ts';
import type { SchemaTypes } from '../builder.ts';
import { loadInBatch, pathOf } from './batch.ts';
import { pageQuery, parsePage, toConnection } from './keyset.ts';
import type { Connection, Order, PageArgs } from './keyset.ts';

/** Declares the connection of a type and its edge: `edges`, `nodes`, `pageInfo`; no totals. */
export function connectionOf<Node>(name: string, type: ObjectRef<SchemaTypes, Node>) {
  return builder.connectionObject(
    { type, name: `${name}Connection`, description: `A page of a list of ${name}.` },
    { name: `${name}Edge`, description: `One ${name} in a list, with its cursor.` },
  );
}

/** What of a model's delegate a list needs; each takes arguments of its own type, which are made here as plain objects. */
export interface Rows<Row> {
  findMany(args: never): PromiseLike<Row[]>;
}

export interface ListOf<Row> {
  /** The name of its type in the schema. */
  typeName: string;
  rows: Rows<Row>;
  order: Order;
  where: object;
  limits?: { size: number; maxSize: number };
}

/**
 * Reads a page of a list: by keyset, in one statement with a LIMIT, and with the columns that the operation asks for.
 * Not Prisma's own cursors: those name a row, and when that has left the list meanwhile, its neighbour is skipped.
 * @throws InvalidInputError
 */
export async function readConnection<Row extends object>(
  context: ApiContext,
  info: GraphQLResolveInfo,
  args: PageArgs,
  { typeName, rows, order, where, limits }: ListOf<Row>,
): Promise<Connection<Row>> {
  const page = parsePage(args, order, limits);
  const query = pageQuery(page);
  const found = await rows.findMany({
    ...selectionOf(context, info, typeName, order),
    ...query,
    where: { AND: [where, query.where] },
  } as never);
  return toConnection(found, page);
}

/** What the operation asks of a connection's nodes, and what their cursors are made of. */
export function selectionOf(
  context: ApiContext,
  info: GraphQLResolveInfo,
  typeName: string,
  order: Order,
  also: readonly string[] = [],
): object {
  const columns = [...order.map(({ field }) => field), ...also];
  return queryFromInfo({
    context,
    info,
    typeName,
    paths: [['nodes'], ['edges', 'node']],
    select: Object.fromEntries(columns.map((column) => [column, true])),
  });
}

/** The row with this id, read together with those of the same field in the same answer; null when it is gone. */
export function loadRow<Row extends { id: string }>(
  context: ApiContext,
  info: GraphQLResolveInfo,
  { typeName, rows }: Pick<ListOf<Row>, 'typeName' | 'rows'>,
  id: string,
): Promise<Row | null> {
  return loadInBatch(context, `${typeName} at ${pathOf(info)}`, id, async (ids) => {
    const found = await rows.findMany({
      ...queryFromInfo({ context, info, typeName }),
      where: { id: { in: [...new Set(ids)] } },
    } as never);
    const byId = new Map(found.map((row) => [row.id, row]));
    return ids.map((each) => byId.get(each) ?? null);
  });
}
