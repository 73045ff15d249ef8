import type { Cache } from '@urql/exchange-graphcache';

/** A reference to something in the cache. */
export interface Ref {
  __typename: string;
  id: string;
}

interface TaskRef extends Ref {
  status: string;
}

const OPEN_BOARD = new Set(['QUEUED', 'IN_PROGRESS', 'BLOCKED', 'NEEDS_REVIEW', 'FAILED']);

const keyOf = (cache: Cache, ref: Ref): string => {
  const key = cache.keyOfEntity(ref as never);
  if (!key) throw new Error(`${ref.__typename} has no key`);
  return key;
};

/** Puts a task on every board of its project that shows its status, and takes it off the others. */
export function placeOnBoards(cache: Cache, projectId: string, task: TaskRef): void {
  const key = keyOf(cache, task);
  for (const { fieldName, fieldKey, arguments: args } of cache.inspectFields('Query')) {
    if (fieldName !== 'board' || args?.['projectId'] !== projectId) continue;
    const statuses = args['statuses'] as string[] | null | undefined;
    const belongs = statuses ? statuses.includes(task.status) : OPEN_BOARD.has(task.status);
    const list = (cache.resolve('Query', fieldKey) ?? []) as string[];
    const isThere = list.includes(key);
    if (belongs && !isThere) cache.link('Query', 'board', args as never, [...list, key] as never);
    if (!belongs && isThere)
      cache.link('Query', 'board', args as never, list.filter((other) => other !== key) as never);
  }
}

/** The project whose board a task is on, when only the task is known. */
export function projectOfTask(cache: Cache, taskId: string): string | null {
  const key = keyOf(cache, { __typename: 'Task', id: taskId });
  for (const { fieldName, fieldKey, arguments: args } of cache.inspectFields('Query')) {
    if (fieldName === 'board' && ((cache.resolve('Query', fieldKey) ?? []) as string[]).includes(key))
      return args?.['projectId'] as string;
  }
  return null;
}

/** Adds to the front or the end of every connection `field` of an entity, once, where it is not yet. */
export function addToConnections(
  cache: Cache,
  parent: Ref | 'Query',
  field: string,
  ref: Ref,
  options: { at: 'start' | 'end'; matches?: (args: Record<string, unknown>) => boolean },
): void {
  const key = keyOf(cache, ref);
  for (const found of cache.inspectFields(parent as never)) {
    if (found.fieldName !== field || (options.matches && !options.matches(found.arguments ?? {}))) continue;
    const connection = cache.resolve(parent as never, found.fieldKey);
    if (typeof connection !== 'string') continue;
    const nodes = (cache.resolve(connection, 'nodes') ?? []) as string[];
    if (nodes.includes(key)) continue;
    cache.link(connection, 'nodes', (options.at === 'start' ? [key, ...nodes] : [...nodes, key]) as never);
  }
}

/** Adds to a plain list of an entity, once. */
export function addToList(cache: Cache, parent: Ref, field: string, ref: Ref): void {
  const key = keyOf(cache, ref);
  const list = cache.resolve(parent as never, field) as string[] | undefined;
  if (list && !list.includes(key)) cache.link(parent as never, field, [...list, key] as never);
}

/** Marks fields as unknown, so that whoever shows them asks again. */
export function forget(
  cache: Cache,
  parent: Ref | 'Query',
  fields: readonly string[],
  matches: (args: Record<string, unknown>) => boolean = () => true,
): void {
  for (const found of cache.inspectFields(parent as never)) {
    if (fields.includes(found.fieldName) && matches(found.arguments ?? {}))
      cache.invalidate(parent as never, found.fieldName, found.arguments);
  }
}
