import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { ProjectStateVersion } from '#prisma/generated/client/client.ts';
import { factsHash } from './content-hash.ts';
import { isStateVersionIntact } from './check-version.ts';
import { humanDifferences, humanPartOf, humanPartOfFacts } from './human-part.ts';
import { nameChanges } from './name-changes.ts';
import { readStateFacts } from './read-facts.ts';
import type { ReadFacts } from './read-facts.ts';
import { addChanges, ORCHESTRATOR_AUTHOR, readChanges } from './state-changes.ts';
import type { StateChange } from './state-changes.ts';
import { lockNewestVersion, reviseVersion, writeVersion } from './write-version.ts';

/** What happens within this time after a version was made joins it. @source docs/decisions/0024-state-versions.md */
const JOINED_MS = 10_000;

/**
 * Brings the document up to date with the facts and the human part. A new version only when something has happened that
 * a person would name; moving facts, and what follows at once, go into the newest one.
 * @returns the new version; null when there is none
 */
export async function rebuildStateDocument(core: Core, projectId: string): Promise<ProjectStateVersion | null> {
  return inTransaction(core, (tx) => rebuildStateIn(tx, projectId), { rebuildsState: true });
}

/** The same, unless the document tells of everything already: one wake-up for each of many changes costs no more. */
export async function rebuildStaleState(core: Core, projectId: string): Promise<void> {
  const { rows } = await core.pool.query<{ stale: boolean }>({
    name: 'is_state_stale',
    text: 'select state_changes > state_rendered as stale from projects where id = $1 and deleting_at is null',
    values: [projectId],
  });
  if (rows[0]?.stale) await rebuildStateDocument(core, projectId);
}

export async function rebuildStateIn(tx: Tx, projectId: string): Promise<ProjectStateVersion | null> {
  const newest = await lockNewestVersion(tx, projectId);
  const facts = await readStateFacts(tx.db, projectId);
  const format = newest?.stateFormat ?? 'yaml';
  const changes = nameChanges(facts.events, newest === null);
  let version: ProjectStateVersion | null = null;
  const isChanged = changes.length > 0 || newest?.factsHash !== factsHash(facts);
  if (!newest || !isStateVersionIntact(newest) || (isChanged && !isRevisable(newest, changes, facts))) {
    const told = addChanges([], changes.length > 0 ? changes : [WRITTEN]);
    version = await writeVersion(tx, newest, { projectId, userId: null, facts, format, changes: told });
  } else if (isChanged) {
    const told = addChanges(readChanges(newest.changes), changes);
    await reviseVersion(tx, newest, { facts, format, changes: told, now: facts.now });
  }
  tx.beforeEvents(
    () => tx.db.$executeRaw`
      update projects set state_rendered = greatest(state_rendered, ${facts.changes ?? 0n}), state_told = greatest(state_told, ${facts.toldUpTo})
       where id = ${projectId}::uuid`,
  );
  return version;
}

const WRITTEN: StateChange = {
  author: ORCHESTRATOR_AUTHOR,
  kind: 'document_written',
  subject: null,
  taskId: null,
  count: 1,
};

/**
 * Moving facts go into any version, but not over a text that somebody wrote by hand; one that a person saved tells of
 * that alone. What people own is in a version as it was when they looked at it: a change of that is the next one.
 */
function isRevisable(newest: ProjectStateVersion, changes: StateChange[], facts: ReadFacts): boolean {
  if (newest.human === null) return false;
  if (humanDifferences(humanPartOf(newest), humanPartOfFacts(facts)).length > 0) return false;
  if (changes.length === 0) return true;
  return newest.createdByUserId === null && facts.now.getTime() - newest.createdAt.getTime() < JOINED_MS;
}
