import { z } from 'zod';
import { id } from '#contract/fields.ts';
import { RepositoryCheck, RepositoryReport } from '#contract/repositories.ts';
import type { RunnerActor } from '#core/access/actor.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { answerRequest } from '#core/runners/runner-requests.ts';
import { projectsOf, tellOfRunner } from '#core/runners/tell-projects.ts';
import { toPlainPath } from './plain-path.ts';

const requestId = id.nullable().default(null);
const Report = z.strictObject({ requestId, report: RepositoryReport });
const Answer = z.strictObject({ requestId: id, check: RepositoryCheck });

const STORE = `
  insert into runner_repositories (runner_id, path, facts)
  select $1::uuid, told.path, told.facts from unnest($2::text[], $3::jsonb[]) as told(path, facts)
  on conflict (runner_id, path) do update set facts = excluded.facts, seen_at = now(), gone_at = null, is_checked = false`;

/** A runner tells of the repositories under its roots. What it told of before and does not find any more is gone. */
export async function reportRepositories(core: Core, actor: RunnerActor, input: z.input<typeof Report>): Promise<void> {
  const { requestId: answered, report } = parseInput(Report, input);
  const told = new Map(report.repositories.map(({ path, facts }) => [toPlainPath(path), facts]));
  await inTransaction(core, async (tx) => {
    const paths = [...told.keys()].sort();
    const before = await knownPaths(tx, actor.runnerId);
    await tx.db.$executeRawUnsafe(
      STORE,
      actor.runnerId,
      paths,
      paths.map((path) => JSON.stringify(told.get(path))),
    );
    // What somebody typed may lie where the search does not come; it is looked at again when it is typed again.
    if (report.isComplete) {
      await tx.db.runnerRepository.updateMany({
        where: { runnerId: actor.runnerId, goneAt: null, isChecked: false, path: { notIn: paths } },
        data: { goneAt: await databaseNow(tx.db) },
      });
    }
    await tellOfPaths(tx, actor.runnerId, before);
    await tx.db.runner.update({
      where: { id: actor.runnerId },
      data: { repositoriesSeenAt: await databaseNow(tx.db) },
    });
    if (answered) await answerRequest(tx, actor, answered, { count: told.size });
  });
}

/** A runner answers about a path that somebody typed. A repository it found there is one that can be granted. */
export async function answerRepositoryCheck(
  core: Core,
  actor: RunnerActor,
  input: z.input<typeof Answer>,
): Promise<void> {
  const { requestId: answered, check } = parseInput(Answer, input);
  const root = check.root === null ? null : toPlainPath(check.root);
  await inTransaction(core, async (tx) => {
    const request = await answerRequest(tx, actor, answered, { ...check, root });
    if (request && root !== null && check.facts) await storeChecked(tx, actor, root, check.facts);
  });
}

async function storeChecked(tx: Tx, { runnerId }: RunnerActor, path: string, facts: object): Promise<void> {
  const before = await knownPaths(tx, runnerId);
  await tx.db.runnerRepository.upsert({
    where: { runnerId_path: { runnerId, path } },
    create: { runnerId, path, facts, isChecked: true },
    update: { facts, seenAt: await databaseNow(tx.db), goneAt: null },
  });
  await tellOfPaths(tx, runnerId, before);
}

async function knownPaths(tx: Tx, runnerId: string): Promise<string> {
  const rows = await tx.db.runnerRepository.findMany({
    where: { runnerId, goneAt: null },
    select: { path: true },
    orderBy: { path: 'asc' },
  });
  return JSON.stringify(rows.map(({ path }) => path));
}

/** A repository that is new, or gone, changes what lies in which grant (granted-repository.ts): what waits for it is told. */
async function tellOfPaths(tx: Tx, runnerId: string, before: string): Promise<void> {
  if ((await knownPaths(tx, runnerId)) !== before) await tellOfRunner(tx, runnerId, await projectsOf(tx, runnerId));
}
