import { z } from 'zod';
import { DEFAULT_AGENT_NAMES } from '#contract/enums.ts';
import { id, name } from '#contract/fields.ts';
import { MAX_NAME_CHARS, MAX_PROJECT_DESCRIPTION_CHARS } from '#contract/limits.ts';
import type { Actor } from '#core/access/actor.ts';
import { recordAccessChange } from '#core/access/record-access-change.ts';
import { AGENT_PRESET_NAMES, presetConfig } from '#core/agents/presets.ts';
import { insertAgent } from '#core/agents/write-agent.ts';
import { insertConversation } from '#core/conversations/create-conversation.ts';
import { ForbiddenError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { projectUpdated } from '#core/events/catalogue.ts';
import { requestCycle } from '#core/cycles/request-cycle.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { newId } from '#core/platform/ids.ts';
import { chooseRepository, grantChoice } from '#core/repositories/choose-repository.ts';
import { plainPath } from '#core/repositories/plain-path.ts';
import type { Project } from '#prisma/generated/client/client.ts';
import { projectKey, takeDerivedKey, takeKey } from './take-key.ts';

const NewProject = z.strictObject({
  name: name.min(1, 'A project needs a name').max(MAX_NAME_CHARS),
  description: z.string().max(MAX_PROJECT_DESCRIPTION_CHARS).default(''),
  /** Null: one is made of the name. */
  key: projectKey.nullable().default(null),
  defaultRepoPath: plainPath.nullable().default(null),
  /** Whose repository it is; null: any runner's that has it. */
  runnerId: id.nullable().default(null),
  agentPreset: z.enum(AGENT_PRESET_NAMES).default('demo'),
});

/**
 * Makes a project with its default agents, a conversation and the first version of its state document; who makes it
 * owns it. An administrator grants it the repository by choosing it.
 * @throws InvalidInputError when the repository can not be used, or is not granted and the actor may not grant it; when the
 *   key is another project's
 */
export async function createProject(core: Core, actor: Actor, input: z.input<typeof NewProject>): Promise<Project> {
  const { agentPreset, defaultRepoPath, runnerId, key: wantedKey, ...fields } = parseInput(NewProject, input);
  if (actor.kind === 'runner') throw new ForbiddenError('A runner can not make projects.');
  const chosen =
    defaultRepoPath === null
      ? null
      : await chooseRepository(core, actor, {
          path: defaultRepoPath,
          runnerId,
          projectId: null,
          at: ['defaultRepoPath'],
        });
  return inTransaction(core, async (tx) => {
    const projectId = newId();
    const key =
      wantedKey === null ? await takeDerivedKey(tx, projectId, fields.name) : await takeKey(tx, projectId, wantedKey);
    const project = await tx.db.project.create({
      data: { id: projectId, key, ...fields, defaultRepoPath: chosen?.path ?? null },
    });
    if (chosen) await grantChoice(tx, actor, project.id, chosen);
    if (actor.kind === 'user') {
      const { userId, email } = actor;
      await tx.db.projectMember.create({ data: { id: newId(), projectId, userId, role: 'owner' } });
      await recordAccessChange(tx, actor, {
        kind: 'project_role',
        user: { id: userId, email },
        projectId,
        before: null,
        after: 'owner',
      });
    }
    tx.emit(projectUpdated, {
      projectId: project.id,
      entityId: project.id,
      patch: { name: project.name, key, status: project.status },
      told: { actor, what: ['created'] },
    });
    for (const name of DEFAULT_AGENT_NAMES)
      await insertAgent(tx, { projectId: project.id, name, type: 'local', config: presetConfig(agentPreset) });
    await insertConversation(tx, actor, { projectId: project.id, title: 'General', mode: 'text' });
    await requestCycle(tx, project.id, 'incremental', 'project_changed');
    return project;
  });
}
