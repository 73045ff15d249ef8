import { hashToken } from '#core/access/tokens.ts';
import { presetConfig } from '#core/agents/presets.ts';
import type { AgentConfig } from '#contract/agent-config.ts';
import type { RunnerActor, UserActor } from '#core/access/actor.ts';
import { SYSTEM } from '#core/access/actor.ts';
import { signIn } from '#core/access/sessions.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { createProject } from '#core/projects/create-project.ts';
import { createRunner } from '#core/runners/create-runner.ts';
import { createTask } from '#core/tasks/create-task.ts';
import type { NewTask } from '#core/tasks/create-task.ts';
import { createUser } from '#core/users/create-user.ts';
import type { Agent, Project, Runner, Task } from '#prisma/generated/client/client.ts';

/** Of every project whose repository does not matter; there need be none at this path. */
export const TEST_REPOSITORY = '/srv/repo';

/** Grants each project the repositories that it and its agents name, on every runner there is: as an administrator would. */
export async function grantUsedRepositories(core: Core): Promise<void> {
  await core.pool.query(`
    insert into repository_grants (id, runner_id, path, project_id)
    select gen_random_uuid(), r.id, used.path, used.project_id from runners r,
           (select id as project_id, default_repo_path as path from projects union select project_id, config_json->>'repoRoot' from agents) used
     where used.path is not null
     order by r.id, used.path, used.project_id
    on conflict (runner_id, path, coalesce(project_id, '00000000-0000-0000-0000-000000000000')) where revoked_at is null do nothing`);
}

export const PASSWORD = 'correct horse battery';

/** Makes what a test needs through the product's own commands. */
export function seeder(core: Core) {
  let count = 0;
  return {
    /** A person who is signed in. */
    async user(options: { isAdmin?: boolean } = {}): Promise<UserActor & { token: string }> {
      count += 1;
      const email = `person-${count}-${newId().slice(-6)}@example.test`;
      await createUser(core, SYSTEM('test'), { email, password: PASSWORD, isAdmin: options.isAdmin ?? false });
      const { actor, token } = await signIn(core, { email, password: PASSWORD, address: `10.0.0.${count}` });
      return { ...actor, token };
    },
    /** A project on a repository that is granted to it on every runner of the test. */
    async project(owner: UserActor, name = 'Demo', defaultRepoPath = TEST_REPOSITORY): Promise<Project> {
      const { id } = await createProject(core, owner, { name });
      const project = await core.db.project.update({ where: { id }, data: { defaultRepoPath } });
      await grantUsedRepositories(core);
      return project;
    },
    async agent(project: Project, name = 'backend'): Promise<Agent> {
      return core.db.agent.findUniqueOrThrow({ where: { projectId_name: { projectId: project.id, name } } });
    },
    /** Changes an agent's configuration, keeping the rest of the demo preset's. */
    async configure(agent: Agent, changes: Partial<AgentConfig>): Promise<void> {
      await core.db.agent.update({
        where: { id: agent.id },
        data: { configJson: { ...presetConfig('demo'), ...changes } },
      });
      await grantUsedRepositories(core);
    },
    async task(actor: UserActor, project: Project, fields: Partial<NewTask> = {}): Promise<Task> {
      return createTask(core, actor, { projectId: project.id, title: 'Add a file', ...fields });
    },
    async runner(
      name = `runner-${newId().slice(-6)}`,
      options: { capacity?: number; labels?: string[]; projectIds?: string[] | null } = {},
    ): Promise<{ runner: Runner; token: string; actor: RunnerActor }> {
      const { runner, token } = await createRunner(core, SYSTEM('test'), { name, capacity: 5, ...options });
      await core.db.runner.update({ where: { id: runner.id }, data: { connection: 'online', lastSeenAt: new Date() } });
      await grantUsedRepositories(core);
      return {
        runner,
        token,
        actor: {
          kind: 'runner',
          runnerId: runner.id,
          name: runner.name,
          allProjects: !options.projectIds,
          projectIds: options.projectIds ?? [],
          tokenHash: hashToken(token),
        },
      };
    },
  };
}
