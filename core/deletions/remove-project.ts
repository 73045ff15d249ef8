import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { removeEntries, removeTasks } from './remove-tasks.ts';

const TASKS_A_BATCH = 500;
const ROWS_A_BATCH = 5_000;

/** What goes before the tasks, and after them: in an order in which nothing refers to what has gone. */
const BEFORE = ['orchestrator_cycles'] as const;
const AFTER = [
  'voice_sessions',
  'recordings',
  'proposals',
  'messages',
  'requests',
  'conversations',
  'realtime_events',
  'project_state_versions',
] as const;

/**
 * Removes the next batch of a project that is being deleted. A batch is a transaction of its own, and the rows that are
 * left say where to go on: it may be broken off anywhere.
 * @returns false when the project's own row has gone, and nothing is left
 */
export async function removeSomeOfProject(core: Core, deletionId: string, projectId: string): Promise<boolean> {
  return inTransaction(core, async (tx) => {
    if (await removeFirst(tx, BEFORE, projectId)) return true;
    const tasks = await tx.db.task.findMany({
      where: { projectId },
      select: { id: true },
      orderBy: { id: 'asc' },
      take: TASKS_A_BATCH,
    });
    if (tasks.length > 0) {
      const ids = tasks.map(({ id }) => id);
      // Entries first: a task may have any number of them, and the batch that follows has none left.
      if (!(await removeEntries(tx, deletionId, ids, ROWS_A_BATCH))) await removeTasks(tx, deletionId, ids);
      return true;
    }
    if (await removeTasklessRuns(tx, deletionId, projectId)) return true;
    if (await removeFirst(tx, AFTER, projectId)) return true;
    await removeRow(tx, deletionId, projectId);
    return false;
  });
}

/** A batch of the first of these tables that still has rows of the project. @returns whether one had */
async function removeFirst(tx: Tx, tables: readonly string[], projectId: string): Promise<boolean> {
  for (const table of tables) {
    const removed = await tx.db.$executeRawUnsafe(
      `delete from ${table} where ctid = any(array(select ctid from ${table} where project_id = $1::uuid limit ${ROWS_A_BATCH}))`,
      projectId,
    );
    if (removed > 0) return true;
  }
  return false;
}

async function removeTasklessRuns(tx: Tx, deletionId: string, projectId: string): Promise<boolean> {
  const removed = await tx.db.$executeRaw`
    with gone as (
      delete from agent_runs where id = any(array(select id from agent_runs where project_id = ${projectId}::uuid order by id limit ${ROWS_A_BATCH}))
      returning id
    )
    insert into pending_removals (id, deletion_id, kind, subject)
    select gen_random_uuid(), ${deletionId}::uuid, 'run_log'::removal_kind, id::text from gone`;
  return removed > 0;
}

/** Its folder holds every file of it: those that rows named, and those that a crash has left without one. */
async function removeRow(tx: Tx, deletionId: string, projectId: string): Promise<void> {
  await tx.db.$executeRaw`
    insert into pending_removals (id, deletion_id, kind, subject)
    select gen_random_uuid(), ${deletionId}::uuid, 'folder'::removal_kind, id::text from projects where id = ${projectId}::uuid`;
  await tx.db.$executeRaw`delete from settings where scope = 'project' and scope_id = ${projectId}::uuid`;
  await tx.db.$executeRaw`delete from projects where id = ${projectId}::uuid`;
}
