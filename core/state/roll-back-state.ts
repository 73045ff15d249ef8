import { z } from 'zod';
import { id } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { requireProject } from '#core/access/permissions.ts';
import { ForbiddenError, InvalidInputError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import type { Queryable } from '#core/platform/db.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { ProjectStateVersion } from '#prisma/generated/client/client.ts';
import { diffStateDocuments } from './diff-documents.ts';
import type { HumanPart } from './human-part.ts';
import { humanDifferences, humanPartOf } from './human-part.ts';
import { assertUnchangedSince, readHumanPart, requireVersion, storeHumanPart } from './human-part-store.ts';
import { readStateFacts } from './read-facts.ts';
import { renderStateDocument } from './render.ts';
import { bringUpToDate } from './save-state.ts';

const Wanted = z.strictObject({ projectId: id, version: z.int().min(1) });
const RollBack = Wanted.extend({ baseVersion: z.int().min(1) });

/**
 * Gives the project the human part of an old version back: focus, pinned actions, notes, and whether it is paused where
 * the actor may decide that. The facts stay those of now. Done again with `previousVersion` it is undone.
 * @throws InvalidInputError when there is nothing to restore, ConflictError when somebody has changed the same meanwhile,
 *   NotFoundError, ForbiddenError
 */
export async function rollBackState(
  core: Core,
  actor: Actor,
  input: z.input<typeof RollBack>,
): Promise<{ stateVersion: ProjectStateVersion; previousVersion: number }> {
  const { projectId, version, baseVersion } = parseInput(RollBack, input);
  return inTransaction(core, async (tx) => {
    await requireProject(tx.db, actor, projectId, 'state:write');
    const newest = await bringUpToDate(tx, projectId);
    const { current, next } = await planRollBack(tx.db, actor, projectId, version);
    const differences = humanDifferences(current, next);
    await assertUnchangedSince(tx.db, newest, baseVersion, current, differences);
    if (differences.length === 0)
      throw new InvalidInputError([
        { path: ['version'], message: `Nothing to restore: your part of version ${version} is what it is now.` },
      ]);
    const stateVersion = await storeHumanPart(tx, actor, newest, {
      current,
      next,
      format: newest.stateFormat,
      also: [{ kind: 'rolled_back', subject: String(version) }],
    });
    return { stateVersion, previousVersion: Number(newest.version) };
  });
}

/** What a roll back would do now. */
export interface RollBackPreview {
  /** Unified diff of the document as it is and as it would be. */
  diff: string;
  /** The fields that would be restored; none: a roll back is refused. */
  restored: (keyof HumanPart)[];
  /** The version that this was looked up in, for the roll back to be refused when somebody was faster. */
  baseVersion: number;
}

/** @throws InvalidInputError, NotFoundError, ForbiddenError */
export async function previewRollBack(
  core: Core,
  actor: Actor,
  input: z.input<typeof Wanted>,
): Promise<RollBackPreview> {
  const { projectId, version } = parseInput(Wanted, input);
  await requireProject(core.db, actor, projectId, 'state:write');
  const newest = await core.db.projectStateVersion.findFirst({ where: { projectId }, orderBy: { version: 'desc' } });
  const { current, next } = await planRollBack(core.db, actor, projectId, version);
  const facts = await readStateFacts(core.db, projectId);
  const format = newest?.stateFormat ?? 'yaml';
  const { status } = facts.project;
  const then = {
    ...facts,
    human: { ...next, status: null },
    project: { ...facts.project, status: status === 'archived' ? status : (next.status ?? status) },
  };
  return {
    diff: diffStateDocuments(
      { label: 'now', text: renderStateDocument(facts, format) },
      { label: 'rolled back', text: renderStateDocument(then, format) },
    ),
    restored: humanDifferences(current, next),
    baseVersion: Number(newest?.version ?? 1),
  };
}

async function planRollBack(
  db: Queryable,
  actor: Actor,
  projectId: string,
  version: number,
): Promise<{ current: HumanPart; next: HumanPart }> {
  const current = await readHumanPart(db, projectId);
  const wanted = readOldPart(await requireVersion(db, projectId, version));
  const status =
    wanted.status !== null && wanted.status !== current.status && (await mayPause(db, actor, projectId))
      ? wanted.status
      : current.status;
  return { current, next: { ...wanted, status } };
}

function readOldPart(version: ProjectStateVersion): HumanPart {
  try {
    return humanPartOf(version);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    const message = `Version ${version.version} can not be read any more, so nothing can be taken from it.`;
    const refused = new InvalidInputError([{ path: ['version'], message }]);
    refused.cause = error;
    throw refused;
  }
}

async function mayPause(db: Queryable, actor: Actor, projectId: string): Promise<boolean> {
  try {
    await requireProject(db, actor, projectId, 'project:write');
    return true;
  } catch (error) {
    if (error instanceof ForbiddenError) return false;
    throw error;
  }
}
