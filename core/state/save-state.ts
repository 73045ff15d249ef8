import { z } from 'zod';
import { MAX_PINNED_ACTIONS } from '#contract/limits.ts';
import { id, priority } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { requireProject } from '#core/access/permissions.ts';
import { InvalidInputError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { OrNull } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { ProjectStateVersion } from '#prisma/generated/client/client.ts';
import { line, note, PROJECT_STATUSES } from './document.ts';
import type { HumanPart } from './human-part.ts';
import { humanDifferences } from './human-part.ts';
import { assertUnchangedSince, readHumanPart, storeHumanPart } from './human-part-store.ts';
import { rebuildStateIn } from './rebuild-state.ts';
import { lockNewestVersion } from './write-version.ts';

const Changes = z.strictObject({
  projectId: id,
  baseVersion: z.int().min(1),
  /** Null: the document shows the task that matters most. */
  currentFocus: line.nullable().optional(),
  status: z
    .enum([...PROJECT_STATUSES, 'archived'])
    .transform((status, context) => {
      if (status !== 'archived') return status;
      context.addIssue({ code: 'custom', message: 'A project is archived in its settings' });
      return z.NEVER;
    })
    .optional(),
  pinnedActions: z
    .array(z.strictObject({ description: line, priority }))
    .max(MAX_PINNED_ACTIONS)
    .optional(),
  notes: note.optional(),
  format: z.enum(['yaml', 'json']).optional(),
});

/**
 * Changes the human part of the state document; what is left out stays. The facts in the version that is written are
 * those of now. The status is the project's: who may not change that may not save another one.
 * @throws InvalidInputError also when nothing differs, ConflictError when somebody has changed the same meanwhile, NotFoundError, ForbiddenError
 */
export async function saveState(
  core: Core,
  actor: Actor,
  input: OrNull<z.input<typeof Changes>>,
): Promise<ProjectStateVersion> {
  const { projectId, baseVersion, format, ...changes } = parseInput(Changes, input);
  return inTransaction(core, async (tx) => {
    await requireProject(tx.db, actor, projectId, 'state:write');
    const newest = await bringUpToDate(tx, projectId);
    const current = await readHumanPart(tx.db, projectId);
    const next: HumanPart = { ...current, ...withoutUndefined(changes) };
    await assertUnchangedSince(tx.db, newest, baseVersion, current, humanDifferences(current, next));
    const isRewritten = format !== undefined && format !== newest.stateFormat;
    if (humanDifferences(current, next).length === 0 && !isRewritten)
      throw new InvalidInputError([{ path: ['input'], message: 'Nothing of it differs from what is there.' }]);
    return storeHumanPart(tx, actor, newest, {
      current,
      next,
      format: format ?? newest.stateFormat,
      also: isRewritten ? [{ kind: 'format_changed', subject: format === 'json' ? 'JSON' : 'YAML' }] : [],
    });
  });
}

/** The newest version, locked, after what has happened and was not told of yet. */
export async function bringUpToDate(tx: Tx, projectId: string): Promise<ProjectStateVersion> {
  await rebuildStateIn(tx, projectId);
  const newest = await lockNewestVersion(tx, projectId);
  if (!newest) throw new Error(`Expected a state version of project ${projectId}, found none`);
  return newest;
}

function withoutUndefined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
