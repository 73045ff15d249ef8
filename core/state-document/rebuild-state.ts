import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
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
  return inTransaction(core, async (tx) => {
    const newest = await lockNewestVersion(tx, projectId);
    const facts = await readStateFacts(tx.db, projectId);
    const hash = factsHash(facts);
    if (newest && newest.factsHash === hash && isStateVersionIntact(newest)) return null;
    const format = newest?.stateFormat ?? 'yaml';
    return writeVersion(tx, SYSTEM('orchestrator'), newest, {
      projectId,
      content: renderStateDocument(facts, format),
      format,
      factsHash: hash,
      cause,
    });
  });
}
