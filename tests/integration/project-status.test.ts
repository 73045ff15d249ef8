import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { ForbiddenError } from '#core/errors/errors.ts';
import { newId } from '#core/platform/ids.ts';
import { rebuildStateDocument } from '#core/state/rebuild-state.ts';
import { saveState } from '#core/state/save-state.ts';
import type { Project } from '#prisma/generated/client/client.ts';
import { scheduledTask, waitingReasonOf } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

let system: TestSystem;
let owner: UserActor;
let maintainer: UserActor;
let project: Project;
beforeAll(async () => {
  system = await startTestSystem();
});
beforeEach(async () => {
  const seed = seeder(system.core);
  [owner, maintainer] = [await seed.user(), await seed.user()];
  project = await seed.project(owner);
  await system.core.db.projectMember.create({
    data: { id: newId(), projectId: project.id, userId: maintainer.userId, role: 'maintainer' },
  });
  await rebuildStateDocument(system.core, project.id);
});
afterAll(() => system.close());

const newest = () =>
  system.core.db.projectStateVersion.findFirstOrThrow({
    where: { projectId: project.id },
    orderBy: { version: 'desc' },
  });
const statusNow = async () => (await system.core.db.project.findUniqueOrThrow({ where: { id: project.id } })).status;
async function save(actor: UserActor, changes: { status?: 'active' | 'paused'; currentFocus?: string }) {
  const { version } = await newest();
  return saveState(system.core, actor, { projectId: project.id, baseVersion: Number(version), ...changes });
}

test('who may not change the status of a project may not do it through the state document either', async () => {
  const before = await newest();
  await expect(save(maintainer, { status: 'paused' })).rejects.toThrow(ForbiddenError);
  expect(await statusNow()).toBe('active');
  expect(await newest()).toEqual(before);
  // Everything else in it is his.
  await save(maintainer, { currentFocus: 'ours' });
  expect((await newest()).content).toContain('ours');
});

test('an owner pauses by the document as by the settings: what waits says so, and those who follow are told', async () => {
  const { core } = system;
  const agent = await seeder(core).agent(project);
  const task = await scheduledTask(core, owner, project, agent);
  await save(owner, { status: 'paused' });
  expect(await statusNow()).toBe('paused');
  expect(await waitingReasonOf(core, task)).toMatch(/paused/);
  const events = await core.db.realtimeEvent.findMany({
    where: { projectId: project.id, eventType: 'project.updated' },
  });
  expect(JSON.stringify(events.at(-1)?.payload)).toContain('"status":"paused"');
  await save(owner, { status: 'active' });
  expect(await waitingReasonOf(core, task)).not.toMatch(/paused/);
});
