import type { Cache } from '@urql/exchange-graphcache';

/** A reference to something in the cache. */
export interface Ref {
  __typename: string;
  id: string;
}

interface TaskRef extends Ref {
  status: string;
}

const keyOf = (cache: Cache, ref: Ref): string => {
  const key = cache.keyOfEntity(ref as never);
  if (!key) throw new Error(`${ref.__typename} has no key`);
  return key;
};

interface ShownColumn {
  projectId: string;
  status: string;
  /** Its first page, and those behind it. */
  pages: { key: string; isFirst: boolean }[];
}

/** The columns of all boards that are in the cache. */
function* shownColumns(cache: Cache): Generator<ShownColumn> {
  for (const board of cache.inspectFields('Query')) {
    if (board.fieldName !== 'board') continue;
    const columns = cache.resolve('Query', board.fieldKey);
    for (const column of Array.isArray(columns) ? (columns as string[]) : []) {
      const pages = cache
        .inspectFields(column)
        .filter(({ fieldName }) => fieldName === 'tasks')
        .map(({ fieldKey, arguments: args }) => ({
          key: cache.resolve(column, fieldKey) as string,
          isFirst: !args?.['after'],
        }));
      yield {
        projectId: board.arguments?.['projectId'] as string,
        status: cache.resolve(column, 'status') as string,
        pages: pages.filter(({ key }) => typeof key === 'string'),
      };
    }
  }
}
const nodesOf = (cache: Cache, connection: string): string[] => (cache.resolve(connection, 'nodes') ?? []) as string[];

/** Puts a task into every column of its project that shows its status, and takes it out of the others. */
export function placeOnBoards(cache: Cache, projectId: string, task: TaskRef): void {
  const key = keyOf(cache, task);
  for (const column of shownColumns(cache)) {
    if (column.projectId !== projectId) continue;
    const belongs = column.status === task.status;
    const isThere = column.pages.some((page) => nodesOf(cache, page.key).includes(key));
    for (const page of column.pages) {
      const nodes = nodesOf(cache, page.key);
      if (belongs && !isThere && page.isFirst && !isBehind(cache, page.key, key))
        cache.link(page.key, 'nodes', [...nodes, key] as never);
      if (!belongs && nodes.includes(key))
        cache.link(page.key, 'nodes', nodes.filter((other) => other !== key) as never);
    }
  }
}

/** Whether a card belongs to what a column does not show yet. */
function isBehind(cache: Cache, page: string, task: string): boolean {
  const pageInfo = cache.resolve(page, 'pageInfo');
  const last = nodesOf(cache, page).at(-1);
  if (typeof pageInfo !== 'string' || cache.resolve(pageInfo, 'hasNextPage') !== true || !last) return false;
  const status = cache.resolve(task, 'status');
  if (status === 'DONE' || status === 'CANCELED') return false;
  return Number(cache.resolve(task, 'priority')) >= Number(cache.resolve(last, 'priority'));
}

/** The project whose board a task is on, when only the task is known. */
export function projectOfTask(cache: Cache, taskId: string): string | null {
  const key = keyOf(cache, { __typename: 'Task', id: taskId });
  for (const { projectId, pages } of shownColumns(cache))
    if (pages.some((page) => nodesOf(cache, page.key).includes(key))) return projectId;
  return null;
}

/** Takes a task that was deleted off the boards; whatever else shows it asks again. */
export function forgetTask(cache: Cache, projectId: string, taskId: string): void {
  const task = { __typename: 'Task', id: taskId };
  placeOnBoards(cache, projectId, { ...task, status: 'DELETED' });
  forgetTaskCounts(cache, projectId);
  cache.invalidate(task);
}

/** Marks the counts of a project's columns as unknown: they are asked for again where they are shown. */
export function forgetTaskCounts(cache: Cache, projectId: string): void {
  for (const board of cache.inspectFields('Query')) {
    if (board.fieldName !== 'board' || board.arguments?.['projectId'] !== projectId) continue;
    const columns = cache.resolve('Query', board.fieldKey);
    for (const column of Array.isArray(columns) ? (columns as string[]) : [])
      if (cache.resolve(column, 'taskCount') !== undefined) cache.invalidate(column, 'taskCount');
  }
}

/** Adds to the front or the end of every list `field` of an entity, once, where it is not yet: to its first page. */
export function addToConnections(
  cache: Cache,
  parent: Ref | 'Query',
  field: string,
  ref: Ref,
  options: { at: 'start' | 'end'; matches?: (args: Record<string, unknown>) => boolean },
): void {
  const key = keyOf(cache, ref);
  for (const found of cache.inspectFields(parent as never)) {
    const args = found.arguments ?? {};
    if (found.fieldName !== field || args['after'] || args['before']) continue;
    if (options.matches && !options.matches(args)) continue;
    const connection = cache.resolve(parent as never, found.fieldKey);
    if (typeof connection !== 'string') continue;
    const nodes = (cache.resolve(connection, 'nodes') ?? []) as string[];
    if (nodes.includes(key)) continue;
    cache.link(connection, 'nodes', (options.at === 'start' ? [key, ...nodes] : [...nodes, key]) as never);
  }
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

/** Who belongs to a project: it is asked for again where it is shown. */
export function forgetMembers(cache: Cache, projectId: string): void {
  forget(cache, { __typename: 'Project', id: projectId }, ['members']);
}

/** What the person may do in a project: it is asked for again where it is shown. */
export function forgetRights(cache: Cache, projectId: string): void {
  forget(cache, { __typename: 'Project', id: projectId }, ['viewerRights']);
}

/** The newest version's text follows the facts, and is compared with others: all but the older pages of the list is asked for again. */
export function forgetState(cache: Cache, projectId: string): void {
  forget(
    cache,
    'Query',
    ['stateVersion', 'stateVersions', 'stateDiff'],
    (args) => args['projectId'] === projectId && !args['after'],
  );
}
