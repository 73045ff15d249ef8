import { z } from 'zod';
import { id } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { requireProject } from '#core/access/permissions.ts';
import { countProjectContents } from '#core/deletions/count-contents.ts';
import { findDeletion, recordDeletion } from '#core/deletions/deletion-record.ts';
import { InvalidInputError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { projectDeleted } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { assertNobodyWorks } from '#core/tasks/delete-task.ts';
import type { Deletion } from '#prisma/generated/client/client.ts';

const Input = z.strictObject({
  projectId: id,
  /** As it is called now: who deletes the wrong one by its id is told. */
  name: z.string(),
});

/**
 * Deletes a project with everything in it: at once nobody sees it any more and nothing is started in it, and the workers
 * remove what belongs to it bit by bit, however much that is. What is in the repositories stays. Saying it twice is no error.
 * @returns what is left on record
 * @throws NotFoundError, ForbiddenError, InvalidInputError for another name, ConflictError while a run works
 */
export async function deleteProject(core: Core, actor: Actor, input: z.input<typeof Input>): Promise<Deletion> {
  const { projectId, name } = parseInput(Input, input);
  return inTransaction(core, async (tx) => {
    // Before the project's row: who takes a repository or a runner away from it has these, and goes on to tell it.
    await tx.db.$queryRaw`select 1 from repository_grants where project_id = ${projectId}::uuid order by id for update`;
    await tx.db
      .$queryRaw`select 1 from runner_projects where project_id = ${projectId}::uuid order by runner_id for update`;
    // From here on no change of the project is committed but this one: each ends with an event, which waits for this row.
    await tx.db.$queryRaw`select 1 from projects where id = ${projectId}::uuid for no key update`;
    const earlier = await findDeletion(tx.db, actor, projectId);
    if (earlier) return earlier;
    const project = await requireProject(tx.db, actor, projectId, 'project:delete');
    if (name !== project.name)
      throw new InvalidInputError([{ path: ['name'], message: `The project is called ${project.name}` }]);
    await assertNobodyWorks(
      tx,
      { projectId },
      'A run of this project is working. Stop it first, then delete the project.',
    );
    const counts = await countProjectContents(tx.db, projectId);
    const deletion = await recordDeletion(tx, actor, { kind: 'project', entityId: projectId, name, project, counts });
    const deletingAt = await databaseNow(tx.db);
    // Archived as well: nothing is planned, scheduled, claimed or merged in such a project.
    await tx.db.project.update({
      where: { id: projectId },
      data: { deletingAt, status: 'archived', updatedAt: deletingAt },
    });
    await tx.db.repositoryGrant.deleteMany({ where: { projectId } });
    await tx.db.runnerProject.deleteMany({ where: { projectId } });
    tx.emit(projectDeleted, { projectId, entityId: projectId, patch: {} });
    return deletion;
  });
}
