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
    async project(owner: UserActor, name = 'Demo', defaultRepoPath: string | null = null): Promise<Project> {
      return createProject(core, owner, { name, defaultRepoPath });
    },
    async agent(project: Project, name = 'backend'): Promise<Agent> {
      return core.db.agent.findUniqueOrThrow({ where: { projectId_name: { projectId: project.id, name } } });
    },
    /** Changes an agent's configuration, keeping the rest of the demo preset's. */
    async configure(agent: Agent, changes: Partial<AgentConfig>): Promise<void> {
      await core.db.agent.update({ where: { id: agent.id }, data: { configJson: { ...presetConfig('demo'), ...changes } } });
    },
    async task(actor: UserActor, project: Project, fields: Partial<NewTask> = {}): Promise<Task> {
      return createTask(core, actor, { projectId: project.id, title: 'Add a file', ...fields });
    },
    async runner(name = `runner-${newId().slice(-6)}`, options: { capacity?: number; labels?: string[]; projectIds?: string[] | null } = {}): Promise<{ runner: Runner; token: string; actor: RunnerActor }> {
      const { runner, token } = await createRunner(core, SYSTEM('test'), { name, capacity: 5, ...options });
      await core.db.runner.update({ where: { id: runner.id }, data: { connection: 'online', lastSeenAt: new Date() } });
      return { runner, token, actor: { kind: 'runner', runnerId: runner.id, name: runner.name, allProjects: !options.projectIds, projectIds: options.projectIds ?? [] } };
    },
  };
}
