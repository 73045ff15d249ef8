import path from 'node:path';
import type { UserActor } from '#core/access/actor.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { createProject } from '#core/projects/create-project.ts';
import { createDemoRepository } from '#runner/demo-agent/create-demo-repository.ts';

const SETTING = 'demo_project_id';

/** Where the demo repository lies in its folder. */
export const demoRepository = (folder: string): string => path.join(folder, 'repo');

/** Makes the demo project on a demo repository, once: whoever archives it does not get it again. */
export async function setUpDemo(core: Core, owner: UserActor, folder: string): Promise<void> {
  createDemoRepository(demoRepository(folder), core.searchPath);
  const known = await core.db.setting.findFirst({ where: { scope: 'system', scopeId: null, key: SETTING } });
  if (known) return;
  const project = await createProject(core, owner, {
    name: 'Demo', description: 'A small shop with a failing test, and agents that need no account, no key and no money. Ask for something in the chat.',
    defaultRepoPath: demoRepository(folder), agentPreset: 'demo',
  });
  await core.db.setting.create({ data: { id: newId(), scope: 'system', scopeId: null, key: SETTING, value: project.id } });
}
