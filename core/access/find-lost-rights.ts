import type { Core } from '#core/platform/core.ts';

/** What somebody was allowed when he began to follow something. */
export interface FollowedRight {
  userId: string;
  /** Null: it is of no project. */
  projectId: string | null;
  wasAdmin: boolean;
}

/** Which of these rights are no longer held, in one statement however many there are. @returns their indices */
export async function findLostRights(core: Core, rights: readonly FollowedRight[]): Promise<number[]> {
  const { rows } = await core.pool.query<{ index: string }>({
    name: 'find_lost_rights',
    text: FIND_LOST,
    values: [
      rights.map(({ userId }) => userId),
      rights.map(({ projectId }) => projectId),
      rights.map(({ wasAdmin }) => wasAdmin),
    ],
  });
  return rows.map((row) => Number(row.index) - 1);
}

const FIND_LOST = `
  select asked.index from unnest($1::uuid[], $2::uuid[], $3::boolean[]) with ordinality as asked(user_id, project_id, was_admin, index)
    left join users u on u.id = asked.user_id
   where u.id is null or not u.is_active or (asked.was_admin and not u.is_admin)
      or (asked.project_id is not null and not exists (select 1 from projects p where p.id = asked.project_id and p.deleting_at is null))
      or not (asked.project_id is null or u.is_admin
              or exists (select 1 from project_members m where m.project_id = asked.project_id and m.user_id = asked.user_id))`;
