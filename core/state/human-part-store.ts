import type { Actor } from '#core/access/actor.ts';
import { nameOf, userIdOf } from '#core/access/actor.ts';
import { ConflictError, NotFoundError } from '#core/errors/errors.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import type { Queryable } from '#core/platform/db.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { writeProject } from '#core/projects/write-project.ts';
import type { ProjectStateVersion, StateFormat } from '#prisma/generated/client/client.ts';
import { EMPTY_HUMAN_PART, HumanPart, humanDifferences, humanPartOf } from './human-part.ts';
import { readStateFacts } from './read-facts.ts';
import type { StateChange } from './state-changes.ts';
import { writeVersion } from './write-version.ts';

/** What people have put into a project's state document, the project's status included. */
export async function readHumanPart(db: Queryable, projectId: string): Promise<HumanPart> {
  const { status, stateHuman } = await db.project.findUniqueOrThrow({
    where: { id: projectId },
    select: { status: true, stateHuman: true },
  });
  const human = stateHuman ? HumanPart.parse(stateHuman.content) : EMPTY_HUMAN_PART;
  return { ...human, status: status === 'archived' ? null : status };
}

/** @throws NotFoundError */
export async function requireVersion(db: Queryable, projectId: string, version: number): Promise<ProjectStateVersion> {
  const found = await db.projectStateVersion.findUnique({ where: { projectId_version: { projectId, version } } });
  if (!found) throw new NotFoundError('state version', String(version));
  return found;
}

/**
 * Two people at once: what one changes must be as it was in the version that this one looked at. What has happened to
 * the facts since then is no conflict.
 * @param fields those that are about to be changed
 * @throws ConflictError, NotFoundError
 */
export async function assertUnchangedSince(
  db: Queryable,
  newest: ProjectStateVersion,
  baseVersion: number,
  current: HumanPart,
  fields: readonly (keyof HumanPart)[],
): Promise<void> {
  const base = humanPartOf(await requireVersion(db, newest.projectId, baseVersion));
  const changed = humanDifferences(base, current).filter((field) => fields.includes(field));
  if (changed.length === 0) return;
  throw new ConflictError(
    `Somebody changed the ${changed.map((field) => FIELD_NAMES[field]).join(' and the ')} since version ${baseVersion}. Look at what changed and do it again.`,
    String(newest.version),
  );
}

const FIELD_NAMES: Record<keyof HumanPart, string> = {
  currentFocus: 'focus',
  status: 'status',
  pinnedActions: 'pinned actions',
  notes: 'notes',
};

/**
 * Takes a human part over and writes the version that tells of it, its facts as they are now. `newest` is locked and up
 * to date.
 * @param also what the line says besides what differs
 * @throws ForbiddenError when the status differs and the actor may not change it
 */
export async function storeHumanPart(
  tx: Tx,
  actor: Actor,
  newest: ProjectStateVersion,
  input: { current: HumanPart; next: HumanPart; format: StateFormat; also: Pick<StateChange, 'kind' | 'subject'>[] },
): Promise<ProjectStateVersion> {
  const { projectId } = newest;
  const { current, next, format, also } = input;
  const differences = humanDifferences(current, next);
  // The project's row is the truth of its status; the document is another place to set it.
  if (differences.includes('status') && next.status !== null)
    await writeProject(tx, actor, projectId, { status: next.status }, { isTold: false });
  const content = { ...next, status: null };
  await tx.db.projectStateHuman.upsert({
    where: { projectId },
    create: { projectId, content },
    update: { content, updatedAt: await databaseNow(tx.db) },
  });
  const author = { kind: 'person', name: nameOf(actor) } as const;
  const changes = [...also, ...differences.map((field) => ({ kind: kindOf(field, next), subject: null }))];
  return writeVersion(tx, newest, {
    projectId,
    userId: userIdOf(actor),
    facts: await readStateFacts(tx.db, projectId),
    format,
    changes: changes.map((change) => ({ author, ...change, taskId: null, count: 1 })),
  });
}

function kindOf(field: keyof HumanPart, next: HumanPart): StateChange['kind'] {
  switch (field) {
    case 'currentFocus':
      return 'focus_changed';
    case 'status':
      return next.status === 'paused' ? 'project_paused' : 'project_resumed';
    case 'pinnedActions':
      return 'pinned_changed';
    case 'notes':
      return 'notes_changed';
  }
}
