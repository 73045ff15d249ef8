import path from 'node:path';
import { SYSTEM } from '#core/access/actor.ts';
import type { UserActor } from '#core/access/actor.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { createProject } from '#core/projects/create-project.ts';
import { insertGrant } from '#core/repositories/grants.ts';
import { createDemoRepository } from '#runner/demo-agent/create-demo-repository.ts';

const SETTING = 'demo_project_id';

/** Where the demo repository lies in its folder. */
export const demoRepository = (folder: string): string => path.join(folder, 'repo');

/**
 * Makes the demo project on a demo repository, once: whoever archives it does not get it again.
 * @param runnerName this machine's runner, on which the repository is granted; where there is none, nothing is
 */
export async function setUpDemo(core: Core, owner: UserActor, folder: string, runnerName: string): Promise<void> {
  const repository = demoRepository(folder);
  createDemoRepository(repository, core.searchPath);
  const known = await core.db.setting.findFirst({ where: { scope: 'system', scopeId: null, key: SETTING } });
  if (known) return;
  const project = await createProject(core, owner, {
    name: 'Demo',
    description:
      'A small shop with a failing test, and agents that need no account, no key and no money. Ask for something in the chat.',
    agentPreset: 'demo',
  });
  const runner = await core.db.runner.findUnique({ where: { name: runnerName } });
  // Not by choosing it, as people do: the runner that would look at it first is started after us.
  await inTransaction(core, async (tx) => {
    await tx.db.project.update({ where: { id: project.id }, data: { defaultRepoPath: repository } });
    if (runner)
      await insertGrant(tx, SYSTEM('set-up'), { runnerId: runner.id, path: repository, projectId: project.id });
  });
  await core.db.setting.create({
    data: { id: newId(), scope: 'system', scopeId: null, key: SETTING, value: project.id },
  });
}
