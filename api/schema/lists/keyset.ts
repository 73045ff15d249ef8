import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '#core/config/limits.ts';
import { InvalidInputError } from '#core/errors/errors.ts';
import { findUnstorable } from '#core/errors/storable-text.ts';
import { isUuid } from '#core/platform/ids.ts';

export type Direction = 'asc' | 'desc';

/** One column of an order, by its name in Prisma. */
export interface Key {
  field: string;
  direction: Direction;
  kind: KeyKind;
}
type KeyKind = 'id' | 'smallint' | 'bigint' | 'time' | 'text';
type KeyValue = string | number | bigint | Date;

/** The columns a list is sorted by. The last is unique, or all together are: no two rows have the same place. */
export type Order = readonly [Key, ...Key[]];

/** Ids are UUIDv7: what was made later has the greater one. */
export const NEWEST_FIRST: Order = [{ field: 'id', direction: 'desc', kind: 'id' }];

/** The arguments of a list, as relay's specification of cursor connections says. */
export interface PageArgs {
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
}

/** Which part of a list is wanted. */
export interface PageRequest {
  order: Order;
  size: number;
  /** From the end: with `last`. */
  isBackward: boolean;
  after: KeyValue[] | null;
  before: KeyValue[] | null;
}

/** @throws InvalidInputError for sizes out of bounds and cursors of other lists */
export function parsePage(
  args: PageArgs,
  order: Order,
  limits = { size: DEFAULT_PAGE_SIZE, maxSize: MAX_PAGE_SIZE },
): PageRequest {
  const { first = null, last = null } = args;
  if (first !== null && last !== null)
    throw new InvalidInputError([{ path: ['last'], message: 'Give `first` or `last`, not both' }]);
  const size = first ?? last ?? limits.size;
  if (size < 1 || size > limits.maxSize)
    throw new InvalidInputError([
      { path: [last === null ? 'first' : 'last'], message: `Between 1 and ${limits.maxSize}` },
    ]);
  return {
    order,
    size,
    isBackward: last !== null,
    after: decodeCursor(args.after, order, 'after'),
    before: decodeCursor(args.before, order, 'before'),
  };
}

interface Condition {
  [field: string]: unknown;
}

/** The page as a query of Prisma. One more row than asked is read: it tells whether there are others. */
export function pageQuery(page: PageRequest): { where: Condition; orderBy: Condition[]; take: number } {
  const bounds = [
    ...(page.after ? [beyond(page.order, page.after, 'forward')] : []),
    ...(page.before ? [beyond(page.order, page.before, 'backward')] : []),
  ];
  return { where: bounds.length > 0 ? { AND: bounds } : {}, orderBy: orderBy(page), take: page.size + 1 };
}

/** In the direction in which the page is read: for one from the end, against the list's. */
export function orderBy({ order, isBackward }: PageRequest): Condition[] {
  return order.map(({ field, direction }) => ({ [field]: isBackward ? opposite(direction) : direction }));
}

/** For rows that were read by their ids. Not for texts, which PostgreSQL sorts by rules of its own. */
export function compareRows({ order, isBackward }: PageRequest): (a: object, b: object) => number {
  return (a, b) => {
    for (const { field, direction } of order) {
      const [x, y] = [a, b].map((row) => (row as Record<string, string | number | Date>)[field]);
      if (x === undefined || y === undefined || x.valueOf() === y.valueOf()) continue;
      return x.valueOf() < y.valueOf() === ((direction === 'asc') !== isBackward) ? -1 : 1;
    }
    return 0;
  };
}

export const opposite = (direction: Direction): Direction => (direction === 'asc' ? 'desc' : 'asc');

/** `(a, b) > (x, y)` as `a >= x and (a > x or (a = x and b > y))`: by its first part an index finds the place. */
function beyond(order: Order, values: KeyValue[], towards: 'forward' | 'backward'): Condition {
  const [{ field, direction }, ...rest] = order;
  const [value, ...restValues] = values;
  const operator = (direction === 'asc') === (towards === 'forward') ? 'gt' : 'lt';
  const [next, ...others] = rest;
  if (!next) return { [field]: { [operator]: value } };
  return {
    [field]: { [`${operator}e`]: value },
    OR: [{ [field]: { [operator]: value } }, { [field]: value, ...beyond([next, ...others], restValues, towards) }],
  };
}

export interface Connection<Node> {
  edges: { cursor: string; node: Node }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
}

/** @param rows as `pageQuery` reads them; with the columns of the order */
export function toConnection<Node extends object>(rows: readonly Node[], page: PageRequest): Connection<Node> {
  const nodes = rows.slice(0, page.size);
  if (page.isBackward) nodes.reverse();
  const edges = nodes.map((node) => ({ node, cursor: encodeCursor(node, page.order) }));
  const hasMore = rows.length > page.size;
  return {
    edges,
    pageInfo: {
      hasNextPage: page.isBackward ? page.before !== null : hasMore,
      hasPreviousPage: page.isBackward ? hasMore : page.after !== null,
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/** The row's values of the order, so that a cursor stays good when its row has changed, or is gone. */
function encodeCursor(node: object, order: Order): string {
  const values = order.map(({ field }) => {
    const value = (node as Record<string, unknown>)[field];
    if (value instanceof Date) return value.getTime();
    return typeof value === 'bigint' ? Number(value) : value;
  });
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

function decodeCursor(cursor: string | null | undefined, order: Order, argument: string): KeyValue[] | null {
  if (cursor === null || cursor === undefined) return null;
  const values = parseJson(Buffer.from(cursor, 'base64url').toString());
  const keys = Array.isArray(values) && values.length === order.length ? order : null;
  const decoded = keys?.map(({ kind }, i) => decodeValue(kind, (values as unknown[])[i]));
  if (!decoded || !decoded.every((value) => value !== null))
    throw new InvalidInputError([{ path: [argument], message: 'Not a cursor of this list' }]);
  return decoded;
}

/** Null: not a value of that kind. */
function decodeValue(kind: KeyKind, value: unknown): KeyValue | null {
  if (kind === 'id') return typeof value === 'string' && isUuid(value) ? value : null;
  if (kind === 'text') return typeof value === 'string' && findUnstorable(value).length === 0 ? value : null;
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return null;
  if (kind === 'smallint') return Math.abs(value) < 2 ** 15 ? value : null;
  if (kind === 'bigint') return BigInt(value);
  // PostgreSQL's years go further than JavaScript's; both have those that a list can hold.
  return Math.abs(value) < 253_402_300_800_000 ? new Date(value) : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
