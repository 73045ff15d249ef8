import { RepositoryFacts } from '#contract/repositories.ts';
import type { RepositoryCheck } from '#contract/repositories.ts';
import type { Actor } from '#core/access/actor.ts';
import { InvalidInputError } from '#core/errors/errors.ts';
import type { Core } from '#core/platform/core.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { Runner } from '#prisma/generated/client/client.ts';
import { checkPath } from './check-path.ts';
import { grantedRepositorySql } from './granted-repository.ts';
import { insertGrant } from './grants.ts';
import type { NewGrant } from './grants.ts';

/** A path is looked for on no more machines than this at once. */
const MAX_RUNNERS_ASKED = 20;

export interface RepositoryChoice {
  /** Plain, as typed or chosen. */
  path: string;
  /** The runner whose repository it is; null: any that has it. */
  runnerId: string | null;
  /** The project it is for; null: one that is being made. */
  projectId: string | null;
  /** The agent works in the folder itself, so that it need not be a repository. */
  isInPlace?: boolean;
  /** Where the path stands in the input, for the error. */
  at: string[];
}

export interface ChosenRepository {
  /** As it is stored. */
  path: string;
  /** To be granted with the choice. */
  grants: Omit<NewGrant, 'projectId'>[];
}

/**
 * What may be chosen as the repository of a project or an agent: one that is granted to the project or to every
 * project, or a folder in one. An administrator may choose any that a runner has, and grants it by choosing. Called
 * before the transaction, since a runner may have to look first.
 * @throws InvalidInputError that tells a person without the right nothing of what is on the machine
 */
export async function chooseRepository(core: Core, actor: Actor, choice: RepositoryChoice): Promise<ChosenRepository> {
  if (await isGranted(core, choice)) return { path: choice.path, grants: [] };
  const mayGrant = actor.kind === 'system' || (actor.kind === 'user' && actor.isAdmin);
  if (!mayGrant)
    throw refusal(
      choice,
      "This repository is not granted to the project. An administrator grants repositories, on the runner's page in the settings or by choosing them for the project.",
    );
  const runners = await core.db.runner.findMany({
    where: { isEnabled: true, ...(choice.runnerId === null ? {} : { id: choice.runnerId }) },
    include: { repositories: { where: { goneAt: null, path: choice.path } } },
    orderBy: [{ connection: 'asc' }, { name: 'asc' }],
    take: MAX_RUNNERS_ASKED,
  });
  const known = runners.flatMap(({ id, repositories }) =>
    repositories.filter(({ facts }) => isReady(facts)).map(({ path }) => ({ runnerId: id, path })),
  );
  if (known.length > 0) return { path: choice.path, grants: known };
  return look(core, choice, runners);
}

/** Grants what was chosen, in the transaction of the choice. */
export async function grantChoice(
  tx: Tx,
  actor: Actor,
  projectId: string,
  { grants }: ChosenRepository,
): Promise<void> {
  for (const grant of grants) await insertGrant(tx, actor, { ...grant, projectId });
}

async function isGranted(core: Core, { path, runnerId, projectId }: RepositoryChoice): Promise<boolean> {
  const { rowCount } = await core.pool.query({
    text: `select 1 from runners r where r.is_enabled and ($3::uuid is null or r.id = $3::uuid) and ${grantedRepositorySql('$1::uuid', 'r.id', '$2::text')} is not null limit 1`,
    values: [projectId, path, runnerId],
  });
  return rowCount !== 0;
}

/** Asks the runners that are online. One of them that has it is enough; otherwise it is said what is wrong. */
async function look(core: Core, choice: RepositoryChoice, runners: Runner[]): Promise<ChosenRepository> {
  const asked = await Promise.all(
    runners.map(async (runner) => ({ runner, check: await checkPath(core, runner, choice.path) })),
  );
  const answers = asked.flatMap(({ runner, check }) => (check ? [{ runner, check }] : []));
  const usable = answers.filter(({ check }) => isUsable(check, choice));
  const [first] = usable;
  if (first) {
    const path = pathOf(first.check);
    return {
      path,
      grants: usable.flatMap(({ runner, check }) =>
        check.root !== null && pathOf(check) === path ? [{ runnerId: runner.id, path: check.root }] : [],
      ),
    };
  }
  if (answers.length === 0)
    throw refusal(
      choice,
      'No runner that is online could look at this path. Start the runner that has the repository, then choose it again.',
    );
  throw refusal(choice, [...new Set(answers.map(({ check }) => check.message))].slice(0, 3).join(' '));
}

/** What the runner told of it is enough to start a run; of another one it is asked what is wrong. */
function isReady(value: unknown): boolean {
  const facts = RepositoryFacts.safeParse(value);
  return facts.success && !facts.data.isBare && facts.data.lastCommit !== null;
}

function isUsable({ problem, root }: RepositoryCheck, { isInPlace = false }: RepositoryChoice): boolean {
  return root !== null && (problem === null || (isInPlace && problem === 'not_a_repository'));
}

const pathOf = ({ root, subfolder }: RepositoryCheck): string =>
  subfolder === '' ? (root ?? '') : `${root ?? ''}/${subfolder}`;
const refusal = ({ at }: RepositoryChoice, message: string): InvalidInputError =>
  new InvalidInputError([{ path: at, message }]);
