import { formatShortId, parseShortId } from '#contract/short-ids.ts';
import type { ShortId } from '#contract/short-ids.ts';
import type { Queryable } from '#core/platform/db.ts';
import { isUuid } from '#core/platform/ids.ts';

/**
 * The id of the task that is meant by what somebody says: its id, or its short id by any key that its project has had.
 * Who asks may not be allowed to see it: that is for the caller.
 */
export async function findTaskId(db: Queryable, said: string): Promise<string | null> {
  return (await findTaskIds(db, [said]))[0] ?? null;
}

/** The same for several, in one statement at most. @returns those that there are, each once */
export async function findTaskIds(db: Queryable, said: readonly string[]): Promise<string[]> {
  const ids = said.map((each) => each.trim().toLowerCase()).filter(isUuid);
  const shortIds = said.flatMap((each) => parseShortId(each) ?? []);
  if (shortIds.length > 0) for (const { id } of await findByShortIds(db, shortIds)) ids.push(id);
  return [...new Set(ids)];
}

/** Tasks by their short ids: with each, what it was called by. */
export async function findByShortIds(
  db: Queryable,
  shortIds: readonly ShortId[],
): Promise<{ id: string; projectId: string; saidAs: string }[]> {
  const rows = await db.$queryRaw<({ id: string; projectId: string } & ShortId)[]>`
    select t.id, t.project_id as "projectId", said.key, said.number
      from jsonb_to_recordset(${JSON.stringify(shortIds)}::jsonb) as said(key text, number int)
      join project_keys k on k.key = said.key
      join tasks t on t.project_id = k.project_id and t.number = said.number`;
  return rows.map(({ id, projectId, ...shortId }) => ({ id, projectId, saidAs: formatShortId(shortId) }));
}
