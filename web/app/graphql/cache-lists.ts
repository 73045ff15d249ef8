import type { Cache } from '@urql/exchange-graphcache';
import { QUERY, askedFields, keyOf, keysIn, readField, ref, type Parent, type Ref } from './cache-refs.ts';
import type { CachedFields } from './gql/graphcache-schema.ts';

interface ShownColumn {
  projectId: unknown;
  status: unknown;
  /** Its first page, and those behind it. */
  pages: { key: string; isFirst: boolean }[];
}

/** The columns of all boards that are in the cache. */
function* shownColumns(cache: Cache): Generator<ShownColumn> {
  for (const board of askedFields(cache, QUERY, ['board'])) {
    for (const column of keysIn(cache, 'Query', board.fieldKey)) {
      const pages = cache
        .inspectFields(column)
        .filter(({ fieldName }) => fieldName === 'tasks')
        .map(({ fieldKey, arguments: args }) => ({ key: cache.resolve(column, fieldKey), isFirst: !args?.['after'] }));
      yield {
        projectId: board.arguments?.['projectId'],
        status: cache.resolve(column, 'status'),
        pages: pages.flatMap(({ key, isFirst }) => (typeof key === 'string' ? [{ key, isFirst }] : [])),
      };
    }
  }
}

/** Puts a task into every column of its project that shows its status, and takes it out of the others. */
export function placeOnBoards(cache: Cache, projectId: string, taskId: string): void {
  const task = ref('Task', taskId);
  const status = readField(cache, task, 'status');
  if (status !== undefined) placeIn(cache, projectId, keyOf(cache, task), status);
}

/** @param status null: in no column */
function placeIn(cache: Cache, projectId: string, key: string, status: unknown): void {
  for (const column of shownColumns(cache)) {
    if (column.projectId !== projectId) continue;
    const belongs = column.status === status;
    const isThere = column.pages.some((page) => keysIn(cache, page.key, 'nodes').includes(key));
    for (const page of column.pages) {
      const nodes = keysIn(cache, page.key, 'nodes');
      if (belongs && !isThere && page.isFirst && !isBehind(cache, page.key, key))
        cache.link(page.key, 'nodes', [...nodes, key]);
      if (!belongs && nodes.includes(key))
        cache.link(
          page.key,
          'nodes',
          nodes.filter((other) => other !== key),
        );
    }
  }
}

/** Whether a card belongs to what a column does not show yet. */
function isBehind(cache: Cache, page: string, task: string): boolean {
  const pageInfo = cache.resolve(page, 'pageInfo');
  const last = keysIn(cache, page, 'nodes').at(-1);
  if (typeof pageInfo !== 'string' || cache.resolve(pageInfo, 'hasNextPage') !== true || !last) return false;
  const status = cache.resolve(task, 'status');
  if (status === 'DONE' || status === 'CANCELED') return false;
  return Number(cache.resolve(task, 'priority')) >= Number(cache.resolve(last, 'priority'));
}

/** The project whose board a task is on, when only the task is known. */
export function projectOfTask(cache: Cache, taskId: string): string | null {
  const key = keyOf(cache, ref('Task', taskId));
  for (const { projectId, pages } of shownColumns(cache))
    if (typeof projectId === 'string' && pages.some((page) => keysIn(cache, page.key, 'nodes').includes(key)))
      return projectId;
  return null;
}

/** Takes a task that was deleted off the boards; whatever else shows it asks again. */
export function forgetTask(cache: Cache, projectId: string, taskId: string): void {
  const task = ref('Task', taskId);
  placeIn(cache, projectId, keyOf(cache, task), null);
  forgetTaskCounts(cache, projectId);
  cache.invalidate(task);
}

/** Takes a recording that was deleted out of the lists. */
export function forgetRecording(cache: Cache, projectId: string, recordingId: string): void {
  const recording = ref('Recording', recordingId);
  const key = keyOf(cache, recording);
  for (const found of askedFields(cache, QUERY, ['recordings'])) {
    const connection = cache.resolve(QUERY, found.fieldKey);
    if (found.arguments?.['projectId'] !== projectId || typeof connection !== 'string') continue;
    const nodes = keysIn(cache, connection, 'nodes');
    if (nodes.includes(key))
      cache.link(
        connection,
        'nodes',
        nodes.filter((other) => other !== key),
      );
  }
  forget(cache, QUERY, ['searchRecordings'], (args) => args['projectId'] === projectId);
  forget(cache, QUERY, ['recording'], (args) => args['id'] === recordingId);
}

/** Marks the counts of a project's columns as unknown: they are asked for again where they are shown. */
export function forgetTaskCounts(cache: Cache, projectId: string): void {
  for (const board of askedFields(cache, QUERY, ['board'])) {
    if (board.arguments?.['projectId'] !== projectId) continue;
    for (const column of keysIn(cache, 'Query', board.fieldKey))
      if (cache.resolve(column, 'taskCount') !== undefined) cache.invalidate(column, 'taskCount');
  }
}

/** Adds to the front or the end of every list `field` of an entity, once, where it is not yet: to its first page. */
export function addToConnections<Type extends keyof CachedFields>(
  cache: Cache,
  parent: Parent<Type>,
  field: CachedFields[Type],
  added: Ref,
  options: { at: 'start' | 'end'; matches?: (args: Record<string, unknown>) => boolean },
): void {
  const key = keyOf(cache, added);
  for (const found of askedFields(cache, parent, [field])) {
    const args = found.arguments ?? {};
    if (args['after'] || args['before'] || options.matches?.(args) === false) continue;
    const connection = cache.resolve(parent, found.fieldKey);
    if (typeof connection !== 'string') continue;
    const nodes = keysIn(cache, connection, 'nodes');
    if (nodes.includes(key)) continue;
    cache.link(connection, 'nodes', options.at === 'start' ? [key, ...nodes] : [...nodes, key]);
  }
}

/** Marks fields as unknown, so that whoever shows them asks again. */
export function forget<Type extends keyof CachedFields>(
  cache: Cache,
  parent: Parent<Type>,
  fields: readonly CachedFields[Type][],
  matches: (args: Record<string, unknown>) => boolean = () => true,
): void {
  for (const found of askedFields(cache, parent, fields))
    if (matches(found.arguments ?? {})) cache.invalidate(parent, found.fieldName, found.arguments);
}

/** Who belongs to a project: it is asked for again where it is shown. */
export function forgetMembers(cache: Cache, projectId: string): void {
  forget(cache, ref('Project', projectId), ['members']);
}

/** What the person may do in a project, and with each of its tasks: it is asked for again where it is shown. */
export function forgetRights(cache: Cache, projectId: string): void {
  forget(cache, ref('Project', projectId), ['viewerRights']);
  const project = keyOf(cache, ref('Project', projectId));
  for (const { fieldKey } of askedFields(cache, QUERY, ['task'])) {
    const task = cache.resolve('Query', fieldKey);
    if (typeof task === 'string' && cache.resolve(task, 'project') === project)
      cache.invalidate(task, 'viewerDeleteRefusal' satisfies CachedFields['Task']);
  }
}

/** The newest version's text follows the facts, and is compared with others: all but the older pages of the list is asked for again. */
export function forgetState(cache: Cache, projectId: string): void {
  forget(
    cache,
    QUERY,
    ['stateVersion', 'stateVersions', 'stateDiff'],
    (args) => args['projectId'] === projectId && !args['after'],
  );
}
