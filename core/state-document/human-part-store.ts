import { databaseNow } from '#core/platform/database-now.ts';
import type { Queryable } from '#core/platform/db.ts';
import { EMPTY_HUMAN_PART, HumanPart } from './human-part.ts';

/** What people have put into a project's state document. */
export async function readHumanPart(db: Queryable, projectId: string): Promise<HumanPart> {
  const row = await db.projectStateHuman.findUnique({ where: { projectId } });
  return row ? HumanPart.parse(row.content) : EMPTY_HUMAN_PART;
}

export async function writeHumanPart(db: Queryable, projectId: string, content: HumanPart): Promise<void> {
  await db.projectStateHuman.upsert({
    where: { projectId },
    create: { projectId, content },
    update: { content, updatedAt: await databaseNow(db) },
  });
}
