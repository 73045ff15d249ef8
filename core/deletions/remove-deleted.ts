import type { Core } from '#core/platform/core.ts';
import { eachAlone } from '#core/platform/each-alone.ts';
import { withLock } from '#core/platform/locked-client.ts';
import { removeFile, removeProjectFolder } from '#core/storage/disk-storage.ts';
import type { PendingRemoval } from '#prisma/generated/client/client.ts';
import { removeSomeOfProject } from './remove-project.ts';

/** How long one pass works at most, so that a worker that is told to stop has soon done so. */
const PASS_MS = 5_000;
const LINES_A_BATCH = 20_000;
/** An entry may be some kilobytes. */
const ENTRIES_A_BATCH = 5_000;
const SUBJECTS_A_BATCH = 200;

/**
 * What could not be removed (a file that is held, a folder of somebody else's) is in nobody's way for so long: twice as
 * long with each time, up to the maximum.
 */
const TRY_AGAIN_MS = { first: 60_000, max: 86_400_000 };

interface Pass {
  /** Projects of which a part could not be removed; another pass tries again. */
  failedProjects: Set<string>;
  failedFiles: number;
  firstError: unknown;
}

/**
 * Goes on with what was deleted: rows of projects, then lines of logs and files that nothing names any more. All in
 * batches; one worker at a time.
 * @returns whether there is more to do
 */
export async function removeDeleted(core: Core): Promise<boolean> {
  const isDone = await withLock(core, 'deletions', async () => {
    const until = performance.now() + PASS_MS;
    const pass: Pass = { failedProjects: new Set(), failedFiles: 0, firstError: null };
    let isMore = true;
    while (isMore && performance.now() < until) isMore = await removeSome(core, pass);
    if (pass.failedFiles > 0)
      core.logger.error(
        { err: pass.firstError, files: pass.failedFiles },
        'Some files can not be removed; they are tried again later, and the others go on. This is the first error',
      );
    return !isMore;
  });
  return isDone === false;
}

/** @returns false when nothing is left that could be removed now */
async function removeSome(core: Core, pass: Pass): Promise<boolean> {
  const { rows } = await core.pool.query<{ id: string; entity_id: string }>({
    name: 'projects_being_deleted',
    text: `select d.id, d.entity_id from deletions d join projects p on p.id = d.entity_id
            where d.finished_at is null and d.kind = 'project' order by d.id`,
  });
  const projects = rows.filter(({ id }) => !pass.failedProjects.has(id));
  const failed = await eachAlone(core, 'to remove a part of a project', projects, (row) =>
    removeSomeOfProject(core, row.id, row.entity_id),
  );
  failed.forEach(({ id }) => pass.failedProjects.add(id));
  const removed = (await removeLines(core)) || (await removeFiles(core, pass));
  await finish(core);
  return removed || projects.length > failed.length;
}

/** Statements of bounded size. @returns whether there were any runs with lines or activity to remove */
async function removeLines(core: Core): Promise<boolean> {
  const runs = await removalsDue(core, 'run_log');
  if (runs.length === 0) return false;
  const areLinesGone = await removeRows(core, 'agent_run_logs', runs, LINES_A_BATCH);
  const isActivityGone = await removeRows(core, 'run_activity', runs, ENTRIES_A_BATCH);
  if (areLinesGone && isActivityGone) await forget(core, runs);
  return true;
}

/** @returns whether nothing of these runs is left in the table */
async function removeRows(
  core: Core,
  table: 'agent_run_logs' | 'run_activity',
  runs: readonly Removal[],
  limit: number,
): Promise<boolean> {
  const { rowCount } = await core.pool.query({
    name: `remove_rows_${table}`,
    text: `delete from ${table} l using (select run_id, seq from ${table} where run_id = any($1::uuid[]) limit $2) doomed
            where l.run_id = doomed.run_id and l.seq = doomed.seq`,
    values: [runs.map(({ subject }) => subject), limit],
  });
  return (rowCount ?? 0) < limit;
}

/** Files, and folders when there are none. @returns whether there were any */
async function removeFiles(core: Core, pass: Pass): Promise<boolean> {
  const files = await removalsDue(core, 'file');
  const items = files.length > 0 ? files : await removalsDue(core, 'folder');
  const remove = files.length > 0 ? removeFile : removeProjectFolder;
  const gone: Removal[] = [];
  const kept: Removal[] = [];
  for (const item of items) {
    try {
      await remove(core.dataDirectory, item.subject);
      gone.push(item);
    } catch (error) {
      pass.firstError ??= error;
      pass.failedFiles += 1;
      kept.push(item);
    }
  }
  await forget(core, gone);
  await putOff(core, kept);
  return items.length > 0;
}

type Removal = Pick<PendingRemoval, 'id' | 'subject'>;

async function removalsDue(core: Core, kind: PendingRemoval['kind']): Promise<Removal[]> {
  const { rows } = await core.pool.query<Removal>({
    name: 'removals_due',
    text: `select id, subject from pending_removals where kind = $1::removal_kind and due_at <= now() order by due_at limit $2`,
    values: [kind, SUBJECTS_A_BATCH],
  });
  return rows;
}

async function forget(core: Core, removals: readonly Removal[]): Promise<void> {
  if (removals.length > 0)
    await core.db.pendingRemoval.deleteMany({ where: { id: { in: removals.map(({ id }) => id) } } });
}

async function putOff(core: Core, removals: readonly Removal[]): Promise<void> {
  if (removals.length > 0)
    await core.pool.query({
      name: 'put_off_removals',
      text: `update pending_removals set failures = failures + 1,
                    due_at = now() + make_interval(secs => least($2::float8 * 2 ^ least(failures, 30), $3::float8) / 1000)
              where id = any($1::uuid[])`,
      values: [removals.map(({ id }) => id), TRY_AGAIN_MS.first, TRY_AGAIN_MS.max],
    });
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
