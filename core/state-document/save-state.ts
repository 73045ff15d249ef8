import { z } from 'zod';
import { id } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { requireProject } from '#core/access/permissions.ts';
import { ConflictError, NotFoundError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { writeProject } from '#core/projects/write-project.ts';
import type { ProjectStateVersion, StateFormat } from '#prisma/generated/client/client.ts';
import { isStateVersionIntact } from './check-version.ts';
import { factsHash } from './content-hash.ts';
import { MAX_STATE_DOCUMENT_CHARS, parseStateDocument } from './document.ts';
import { extractHumanPart } from './human-part.ts';
import { readHumanPart, writeHumanPart } from './human-part-store.ts';
import { readStateFacts } from './read-facts.ts';
import { lockNewestVersion, writeVersion } from './write-version.ts';

const Document = z.strictObject({
  projectId: id,
  content: z
    .string()
    .min(1, 'The document is empty')
    .max(MAX_STATE_DOCUMENT_CHARS, `A document has at most ${MAX_STATE_DOCUMENT_CHARS} characters`),
  format: z.enum(['yaml', 'json']),
  baseVersion: z.int().min(0),
});

/**
 * Saves a version by hand, exactly as it was written. Its human part survives; what is generated is rebuilt at the
 * next change of the facts. Its status is the project's: who may not change that may not save another one.
 * @throws InvalidInputError naming the path that does not fit, ConflictError when there is a newer version, NotFoundError, ForbiddenError
 */
export async function saveState(
  core: Core,
  actor: Actor,
  input: z.input<typeof Document>,
): Promise<ProjectStateVersion> {
  const { projectId, content, format, baseVersion } = parseInput(Document, input);
  return inTransaction(core, async (tx) => {
    await requireProject(tx.db, actor, projectId, 'state:write');
    const newest = await lockNewestVersion(tx, projectId);
    const current = Number(newest?.version ?? 0);
    if (current !== baseVersion)
      throw new ConflictError(
        `You edited version ${baseVersion}; the newest is ${current}. Look at what changed and save again.`,
        String(current),
      );
    return storeByHand(tx, actor, newest, { projectId, content, format, cause: 'saved by hand', setsStatus: true });
  });
}

/** Writes a new version with the text of an old one, and takes its human part over; whether the project is paused stays. */
export async function rollBackState(
  core: Core,
  actor: Actor,
  input: { projectId: string; version: number },
): Promise<ProjectStateVersion> {
  const { projectId, version } = parseInput(z.strictObject({ projectId: id, version: z.int().min(1) }), input);
  return inTransaction(core, async (tx) => {
    await requireProject(tx.db, actor, projectId, 'state:write');
    const newest = await lockNewestVersion(tx, projectId);
    const old = await tx.db.projectStateVersion.findUnique({ where: { projectId_version: { projectId, version } } });
    if (!old) throw new NotFoundError('state version', String(version));
    return storeByHand(tx, actor, newest, {
      projectId,
      content: old.content,
      format: old.stateFormat,
      cause: `rolled back to version ${version}`,
      setsStatus: false,
    });
  });
}

async function storeByHand(
  tx: Tx,
  actor: Actor,
  newest: ProjectStateVersion | null,
  input: { projectId: string; content: string; format: StateFormat; cause: string; setsStatus: boolean },
): Promise<ProjectStateVersion> {
  const { projectId, content, format, cause } = input;
  const edited =
    newest && isStateVersionIntact(newest)
      ? {
          document: parseStateDocument(newest.content, newest.stateFormat),
          human: await readHumanPart(tx.db, projectId),
        }
      : null;
  const human = extractHumanPart(parseStateDocument(content, format), edited);
  await writeHumanPart(tx.db, projectId, { ...human, status: null });
  // The project's row is the truth of its status; the document is another place to set it.
  if (human.status && input.setsStatus) await writeProject(tx, actor, projectId, { status: human.status });
  // The hash of the facts as they are now: until they change, the person's text stands.
  return writeVersion(tx, actor, newest, {
    projectId,
    content,
    format,
    cause,
    factsHash: factsHash(await readStateFacts(tx.db, projectId)),
  });
}
