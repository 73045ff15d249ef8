import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { AgentConfig } from '#contract/agent-config.ts';
import { AgentCaps } from '#contract/caps.ts';
import { id } from '#contract/fields.ts';
import { hasPlaceholder, unknownPlaceholders } from '#contract/placeholders.ts';
import type { Actor } from '#core/access/actor.ts';
import { requireProject } from '#core/access/permissions.ts';
import { ConflictError, InvalidInputError, NotFoundError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { OrNull } from '#core/errors/parse-input.ts';
import { isUniqueViolation } from '#core/errors/prisma-errors.ts';
import { agentCreated, agentUpdated } from '#core/events/catalogue.ts';
import { requestCycle } from '#core/cycles/request-cycle.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import type { Queryable } from '#core/platform/db.ts';
import { newId } from '#core/platform/ids.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { chooseRepository, grantChoice } from '#core/repositories/choose-repository.ts';
import type { ChosenRepository } from '#core/repositories/choose-repository.ts';
import { toPlainPath } from '#core/repositories/plain-path.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { announceWork } from '#core/runners/commands.ts';
import type { Agent } from '#prisma/generated/client/client.ts';

const name = z
  .string()
  .trim()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'A name has lower-case letters, digits, dots, dashes and underscores');
const NewAgent = z.strictObject({
  projectId: id,
  name,
  type: z.enum(['local', 'cloud']).default('local'),
  config: z.unknown(),
});
const AgentChanges = z.strictObject({
  agentId: id,
  name: name.optional(),
  config: z.unknown().optional(),
  /** Replaces the caps of its configuration, and nothing else of it. */
  caps: AgentCaps.optional(),
  isEnabled: z.boolean().optional(),
});

/**
 * Adds an agent to a project. An administrator grants the project the repository that `config` names.
 * @throws InvalidInputError naming the path in `config`, ConflictError for a taken name
 */
export async function createAgent(core: Core, actor: Actor, input: z.input<typeof NewAgent>): Promise<Agent> {
  const fields = parseInput(NewAgent, input);
  const config = parseConfig(fields.config);
  await requireProject(core.db, actor, fields.projectId, 'agent:write');
  const chosen = await chooseFor(core, actor, fields.projectId, config, null);
  return inTransaction(core, async (tx) => {
    await requireProject(tx.db, actor, fields.projectId, 'agent:write');
    if (chosen) await grantChoice(tx, actor, fields.projectId, chosen);
    const agent = await insertAgent(
      tx,
      { ...fields, config: chosen ? { ...config, repoRoot: chosen.path } : config },
      { toldActor: actor },
    );
    await requestCycle(tx, fields.projectId, 'full', 'project_changed');
    return agent;
  });
}

/** For callers that have checked access and configuration already. @param options who is named for it; left out: it comes with its project */
export async function insertAgent(
  tx: Tx,
  fields: { projectId: string; name: string; type: 'local' | 'cloud'; config: AgentConfig },
  { toldActor }: { toldActor?: Actor } = {},
): Promise<Agent> {
  const agent = await tx.db.agent
    .create({
      data: {
        id: newId(),
        projectId: fields.projectId,
        name: fields.name,
        type: fields.type,
        configJson: fields.config,
      },
    })
    .catch((error: unknown) => {
      throw isUniqueViolation(error)
        ? new ConflictError(`The project already has an agent named ${fields.name}.`)
        : error;
    });
  tx.emit(agentCreated, {
    projectId: agent.projectId,
    entityId: agent.id,
    patch: { name: agent.name, type: agent.type, isEnabled: agent.isEnabled },
    ...(toldActor ? { told: { actor: toldActor, what: ['created'] } } : {}),
  });
  return agent;
}

/** Changes an agent; runs that are working keep the configuration they were given. Tasks that waited for it are planned again. */
export async function updateAgent(
  core: Core,
  actor: Actor,
  input: OrNull<z.input<typeof AgentChanges>>,
): Promise<Agent> {
  const fields = parseInput(AgentChanges, input);
  const wanted = fields.config === undefined ? undefined : parseConfig(fields.config);
  const before = await requireAgent(core.db, actor, fields.agentId);
  const chosen = wanted ? await chooseFor(core, actor, before.projectId, wanted, before) : null;
  const planned = wanted && chosen ? { ...wanted, repoRoot: chosen.path } : wanted;
  return inTransaction(core, async (tx) => {
    const found = await requireAgent(tx.db, actor, fields.agentId);
    if (chosen) await grantChoice(tx, actor, found.projectId, chosen);
    const { caps } = fields;
    const config = caps ? { ...(planned ?? (found.configJson as object)), caps } : planned;
    const updatedAt = await databaseNow(tx.db);
    const data = {
      ...(fields.name === undefined ? {} : { name: fields.name }),
      ...(fields.isEnabled === undefined ? {} : { isEnabled: fields.isEnabled }),
      ...(config === undefined ? {} : { configJson: config }),
      updatedAt,
    };
    const updated = await tx.db.agent.update({ where: { id: found.id }, data }).catch((error: unknown) => {
      throw isUniqueViolation(error)
        ? new ConflictError(`The project already has an agent named ${fields.name}.`)
        : error;
    });
    tx.emit(agentUpdated, {
      projectId: found.projectId,
      entityId: found.id,
      patch: { name: updated.name, isEnabled: updated.isEnabled, updatedAt: updatedAt.toISOString() },
      told: {
        actor,
        what: (['name', 'isEnabled', 'configJson'] as const).filter(
          (field) => !isDeepStrictEqual(found[field], updated[field]),
        ),
      },
    });
    await requestCycle(tx, found.projectId, 'full', 'project_changed');
    // Runs of it may wait for nothing but this.
    announceWork(tx, found.projectId);
    return updated;
  });
}

async function requireAgent(db: Queryable, actor: Actor, agentId: string): Promise<Agent> {
  const found = await db.agent.findUnique({ where: { id: agentId } });
  if (!found) throw new NotFoundError('agent', agentId);
  await requireProject(db, actor, found.projectId, 'agent:write').catch((error: unknown) => {
    throw error instanceof NotFoundError ? new NotFoundError('agent', agentId) : error;
  });
  return found;
}

/** The repository that a configuration names; null when it names none, or the one the agent has already. */
async function chooseFor(
  core: Core,
  actor: Actor,
  projectId: string,
  config: AgentConfig,
  before: Agent | null,
): Promise<ChosenRepository | null> {
  const { repoRoot, inPlace } = config;
  if (repoRoot === null) return null;
  const known = before ? AgentConfig.safeParse(before.configJson) : null;
  if (known?.success && known.data.repoRoot === repoRoot && known.data.inPlace === inPlace) return null;
  return chooseRepository(core, actor, {
    path: repoRoot,
    runnerId: null,
    projectId,
    isInPlace: inPlace,
    at: ['config', 'repoRoot'],
  });
}

function parseConfig(value: unknown): AgentConfig {
  const parsed = parseInput(AgentConfig, value, ['config']);
  const config = parsed.repoRoot === null ? parsed : { ...parsed, repoRoot: toPlainPath(parsed.repoRoot) };
  const { repoRoot, allowedRoots } = config;
  // Not in the contract: what was stored before there were placeholders must still be readable.
  const places = [
    ...(['setup', 'commands'] as const).flatMap((list) =>
      config[list].map((argv, command) => ({ argv, path: ['config', list, command] })),
    ),
    ...(config.resume ? [{ argv: config.resume, path: ['config', 'resume'] }] : []),
  ];
  const unknown = places.flatMap(({ argv, path }) =>
    unknownPlaceholders(argv).map(({ index, message }) => ({ path: [...path, index], message })),
  );
  if (unknown.length > 0) throw new InvalidInputError(unknown);
  const strayed = places.find(({ argv, path }) => path[1] !== 'resume' && hasPlaceholder(argv, 'session'));
  if (strayed) {
    const message = 'Only the command in "resume" is told a session, {session}: it takes the place of the last command';
    throw new InvalidInputError([{ path: strayed.path, message }]);
  }
  if (
    repoRoot &&
    allowedRoots.length > 0 &&
    !allowedRoots.some((root) => repoRoot === root || repoRoot.startsWith(`${root.replace(/\/$/, '')}/`))
  ) {
    throw new InvalidInputError([
      { path: ['config', 'repoRoot'], message: 'The repository lies outside allowedRoots' },
    ]);
  }
  return config;
}
