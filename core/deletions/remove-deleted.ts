import type { Core } from '#core/platform/core.ts';
import { eachAlone } from '#core/platform/each-alone.ts';
import { withLock } from '#core/platform/locked-client.ts';
import { removeFile, removeProjectFolder } from '#core/storage/disk-storage.ts';
import type { PendingRemoval } from '#prisma/generated/client/client.ts';
import { removeSomeOfProject } from './remove-project.ts';

/** How long one pass works at most, so that a worker that is told to stop has soon done so. */
const PASS_MS = 5_000;
const LINES_A_BATCH = 20_000;
const SUBJECTS_A_BATCH = 200;

/**
 * Goes on with what was deleted: rows of projects, then lines of logs and files that nothing names any more. All in
 * batches; one worker at a time.
 * @returns whether there is more to do
 */
export async function removeDeleted(core: Core): Promise<boolean> {
  const isDone = await withLock(core, 'deletions', async () => {
    const until = performance.now() + PASS_MS;
    let isMore = true;
    while (isMore && performance.now() < until) isMore = await removeSome(core);
    return !isMore;
  });
  return isDone === false;
}

/** @returns false when nothing is left that could be removed now */
async function removeSome(core: Core): Promise<boolean> {
  const { rows } = await core.pool.query<{ id: string; entity_id: string }>({
    name: 'projects_being_deleted',
    text: `select d.id, d.entity_id from deletions d join projects p on p.id = d.entity_id
            where d.finished_at is null and d.kind = 'project' order by d.id`,
  });
  const failed = await eachAlone(core, 'to remove a part of a project', rows, (row) =>
    removeSomeOfProject(core, row.id, row.entity_id),
  );
  const removed = (await removeLines(core)) || (await removeFiles(core));
  await finish(core);
  return removed || rows.length > failed.length;
}

/** One statement of bounded size. @returns whether there were any runs with lines to remove */
async function removeLines(core: Core): Promise<boolean> {
  const runs = await nextRemovals(core, ['run_log']);
  if (runs.length === 0) return false;
  const { rowCount } = await core.pool.query({
    name: 'remove_lines',
    text: `delete from agent_run_logs l using (select run_id, seq from agent_run_logs where run_id = any($1::uuid[]) limit $2) doomed
            where l.run_id = doomed.run_id and l.seq = doomed.seq`,
    values: [runs.map(({ subject }) => subject), LINES_A_BATCH],
  });
  if ((rowCount ?? 0) < LINES_A_BATCH) await forget(core, runs);
  return true;
}

/** @returns whether at least one went */
async function removeFiles(core: Core): Promise<boolean> {
  const items = await nextRemovals(core, ['file', 'folder']);
  const failed = await eachAlone(core, 'to remove a file', items, ({ kind, subject }) =>
    kind === 'folder' ? removeProjectFolder(core.dataDirectory, subject) : removeFile(core.dataDirectory, subject),
  );
  await forget(
    core,
    items.filter((item) => !failed.includes(item)),
  );
  return items.length > failed.length;
}

type Removal = Pick<PendingRemoval, 'id' | 'kind' | 'subject'>;

async function nextRemovals(core: Core, kinds: Removal['kind'][]): Promise<Removal[]> {
  return core.db.pendingRemoval.findMany({
    where: { kind: { in: kinds } },
    orderBy: { id: 'asc' },
    take: SUBJECTS_A_BATCH,
    select: { id: true, kind: true, subject: true },
  });
}

async function forget(core: Core, removals: readonly Removal[]): Promise<void> {
  if (removals.length > 0)
    await core.db.pendingRemoval.deleteMany({ where: { id: { in: removals.map(({ id }) => id) } } });
}

/** Of what nothing is left any more, the record says so. */
async function finish(core: Core): Promise<void> {
  await core.pool.query({
    name: 'finish_deletions',
    text: `update deletions d set finished_at = clock_timestamp()
            where d.finished_at is null and not exists (select 1 from projects p where p.id = d.entity_id)
              and not exists (select 1 from pending_removals r where r.deletion_id = d.id)`,
  });
}
