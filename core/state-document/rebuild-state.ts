import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { SYSTEM } from '#core/access/actor.ts';
import type { ProjectStateVersion } from '#prisma/generated/client/client.ts';
import { factsHash } from './content-hash.ts';
import { isStateVersionIntact } from './check-version.ts';
import { readStateFacts } from './read-facts.ts';
import { renderStateDocument } from './render.ts';
import { lockNewestVersion, writeVersion } from './write-version.ts';

/**
 * Renders the document from the facts and the human part; a new version only when they have changed.
 * @param cause what led to it, for the list of versions
 * @returns the new version; null when nothing has changed
 */
export async function rebuildStateDocument(
  core: Core,
  projectId: string,
  cause: string,
): Promise<ProjectStateVersion | null> {
  return inTransaction(core, (tx) => rebuildStateIn(tx, projectId, cause), { rebuildsState: true });
}

/** The same, unless the document tells of everything already: one wake-up for each of many changes costs no more. */
export async function rebuildStaleState(core: Core, projectId: string): Promise<void> {
  const { rows } = await core.pool.query<{ stale: boolean }>({
    name: 'is_state_stale',
    text: 'select state_changes > state_rendered as stale from projects where id = $1 and deleting_at is null',
    values: [projectId],
  });
  if (rows[0]?.stale) await rebuildStateDocument(core, projectId, 'a task changed');
}

export async function rebuildStateIn(tx: Tx, projectId: string, cause: string): Promise<ProjectStateVersion | null> {
  const newest = await lockNewestVersion(tx, projectId);
  const facts = await readStateFacts(tx.db, projectId);
  const hash = factsHash(facts);
  const format = newest?.stateFormat ?? 'yaml';
  const version =
    newest && newest.factsHash === hash && isStateVersionIntact(newest)
      ? null
      : await writeVersion(tx, SYSTEM('orchestrator'), newest, {
          projectId,
          content: renderStateDocument(facts, format),
          format,
          factsHash: hash,
          cause,
        });
  await tx.db
    .$executeRaw`update projects set state_rendered = greatest(state_rendered, ${facts.changes}) where id = ${projectId}::uuid`;
  return version;
}
