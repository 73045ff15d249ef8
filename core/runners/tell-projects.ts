import { runnerLoadChanged, runnerStatusChanged } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { CLAIMED_SQL } from '#core/runs/statuses.ts';

/**
 * Tells the projects a runner serves that it has changed, or what it may take: why their runs wait may be another reason now.
 * @param alsoIds those that it served until now
 */
export async function tellProjects(core: Core, runnerId: string, alsoIds: readonly string[] = []): Promise<void> {
  await inTransaction(core, async (tx) => {
    const projectIds = new Set([...alsoIds, ...(await projectsOf(tx, runnerId))]);
    await tellOfRunner(tx, runnerId, [...projectIds]);
  });
}

/** The same in the change's own transaction, for projects that are known. */
export async function tellOfRunner(tx: Tx, runnerId: string, projectIds: readonly string[]): Promise<void> {
  if (projectIds.length === 0) return;
  const { name, connection, capacity, isDraining } = await tx.db.runner.findUniqueOrThrow({ where: { id: runnerId } });
  for (const projectId of projectIds)
    tx.emit(runnerStatusChanged, { projectId, entityId: runnerId, patch: { name, connection, capacity, isDraining } });
}

/** The projects that a runner serves, archived ones aside. */
export async function projectsOf(tx: Tx, runnerId: string): Promise<string[]> {
  const rows = await tx.db.$queryRaw<{ id: string }[]>`
    select p.id from projects p join runners r on r.id = ${runnerId}::uuid
     where p.status <> 'archived'
       and (r.all_projects or exists (select 1 from runner_projects s where s.runner_id = r.id and s.project_id = p.id))`;
  return rows.map(({ id }) => id);
}

// $3: the runs that count besides those that are at work in this transaction's eyes.
const WAITING_ELSEWHERE = `
  select p.id from runners r join projects p on p.id <> $2::uuid and p.status = 'active'
   where r.id = $1::uuid
     and (select count(*) from agent_runs l where l.runner_id = r.id and l.status ${CLAIMED_SQL}) + $3::int >= r.capacity
     and (r.all_projects or exists (select 1 from runner_projects s where s.runner_id = r.id and s.project_id = p.id))
     and exists (select 1 from agent_runs w where w.project_id = p.id and w.status = 'pending')`;

/**
 * A run took a runner's last place, or gave it back: other projects with runs that wait for the runner hear nothing
 * else of it. Called after the run was written. Two that end at once are both told of, since neither sees the other's end.
 */
export async function tellOfLoad(
  tx: Tx,
  run: { runnerId: string; projectId: string },
  change: 'taken' | 'given_back',
): Promise<void> {
  const { runnerId, projectId } = run;
  const isFull = change === 'taken';
  const rows = await tx.db.$queryRawUnsafe<{ id: string }[]>(WAITING_ELSEWHERE, runnerId, projectId, isFull ? 0 : 1);
  for (const { id } of rows) tx.emit(runnerLoadChanged, { projectId: id, entityId: runnerId, patch: { isFull } });
}
