import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { ConflictError, ForbiddenError, InvalidInputError, NotFoundError } from '#core/errors/errors.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { updateProject } from '#core/projects/update-project.ts';
import { rebuildStateDocument } from '#core/state/rebuild-state.ts';
import { parseStateDocument } from '#core/state/document.ts';
import { previewRollBack, rollBackState } from '#core/state/roll-back-state.ts';
import { saveState } from '#core/state/save-state.ts';
import { readChanges, summaryOf } from '#core/state/state-changes.ts';
import { transitionTask } from '#core/tasks/transition-task.ts';
import type { Project, ProjectStateVersion } from '#prisma/generated/client/client.ts';
import { scheduledTask } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { errorOf } from '#tests/kit/until.ts';

let system: TestSystem;
let core: Core;
let owner: UserActor;
let maintainer: UserActor;
let viewer: UserActor;
let project: Project;
beforeAll(async () => {
  system = await startTestSystem();
  ({ core } = system);
  const seed = seeder(core);
  [owner, maintainer, viewer] = [await seed.user(), await seed.user(), await seed.user()];
});
beforeEach(async () => {
  project = await seeder(core).project(owner);
  for (const [role, { userId }] of [['maintainer', maintainer] as const, ['viewer', viewer] as const])
    await core.db.projectMember.create({ data: { id: newId(), projectId: project.id, userId, role } });
  await rebuildStateDocument(core, project.id);
});
afterAll(() => system.close());

const newest = async (): Promise<ProjectStateVersion> =>
  core.db.projectStateVersion.findFirstOrThrow({ where: { projectId: project.id }, orderBy: { version: 'desc' } });
const numberOf = async (): Promise<number> => Number((await newest()).version);
const documentNow = async () => {
  const { content, stateFormat } = await newest();
  return parseStateDocument(content, stateFormat);
};
type Changes = Omit<Parameters<typeof saveState>[2], 'projectId' | 'baseVersion'>;
const save = async (changes: Changes, actor = owner) =>
  saveState(core, actor, { projectId: project.id, baseVersion: await numberOf(), ...changes });
const rollBack = async (version: number, actor = owner, baseVersion?: number) =>
  rollBackState(core, actor, { projectId: project.id, version, baseVersion: baseVersion ?? (await numberOf()) });
const preview = (version: number, actor = owner) => previewRollBack(core, actor, { projectId: project.id, version });
const addTask = async (title: string) =>
  scheduledTask(core, owner, project, await seeder(core).agent(project), { title });

describe('a roll back', () => {
  test('restores what people own, and the document is true at once', async () => {
    const pinnedActions = [{ description: 'Call Bert', priority: 1 }];
    await save({ currentFocus: 'Ship it', notes: 'Mind the gap', pinnedActions });
    const wanted = await numberOf();
    const old = await addTask('Old work');
    await save({ currentFocus: null, notes: '', pinnedActions: [] });
    await transitionTask(core, owner, { taskId: old.id, to: 'canceled' });
    await addTask('New work');
    const { stateVersion } = await rollBack(wanted);
    expect(await documentNow()).toMatchObject({
      summary: { current_focus: 'Ship it' },
      tasks: { active: [], next: [{ title: 'New work' }] },
      next_actions: [{ description: 'Call Bert', pinned: true }],
      notes: 'Mind the gap',
    });
    expect(summaryOf(readChanges(stateVersion.changes))).toBe(
      `${owner.email}: rolled back to version ${wanted}, focus changed, pinned actions changed, notes changed`,
    );
    expect(stateVersion.createdByUserId).toBe(owner.userId);
    // What had happened before it is told of by the one before it.
    expect((await rebuildStateDocument(core, project.id))?.version).toBeUndefined();
    expect(await numberOf()).toBe(Number(stateVersion.version));
  });

  test('is undone by another one', async () => {
    await save({ notes: 'one' });
    const first = await numberOf();
    await save({ notes: 'two', currentFocus: 'Mine' });
    const { previousVersion } = await rollBack(first);
    expect(await documentNow()).toMatchObject({ notes: 'one', summary: { current_focus: null } });
    await rollBack(previousVersion);
    expect(await documentNow()).toMatchObject({ notes: 'two', summary: { current_focus: 'Mine' } });
  });

  test('is undone from the version before it, however much has happened before and since', async () => {
    await save({ notes: 'one' });
    const first = await numberOf();
    await save({ notes: 'two', currentFocus: 'Mine' });
    await addTask('Right before');
    await updateProject(core, owner, { projectId: project.id, status: 'paused' });
    await rebuildStateDocument(core, project.id);
    await addTask('Right before that too');
    const { stateVersion, previousVersion } = await rollBack(first);
    expect(Number(stateVersion.version)).toBe(previousVersion + 1);
    expect(await documentNow()).toMatchObject({ notes: 'one', project: { status: 'active' } });
    for (const title of ['Since', 'And since']) {
      await addTask(title);
      await rebuildStateDocument(core, project.id);
    }
    await save({ notes: 'three' });
    await rollBack(previousVersion);
    expect(await documentNow()).toMatchObject({
      notes: 'two',
      summary: { current_focus: 'Mine' },
      project: { status: 'paused' },
    });
  });

  test('to before a task was deleted or the project was renamed does not bring them back', async () => {
    const task = await addTask('Soon gone');
    await save({ notes: 'then' });
    const wanted = await numberOf();
    await save({ notes: 'now' });
    await core.db.agentRun.deleteMany({ where: { taskId: task.id } });
    // Nobody can change the audit trail, so a task goes with its project or not at all, but for a test.
    await core.pool.query(
      `begin; alter table task_events disable trigger user; delete from task_events where task_id = '${task.id}';
       alter table task_events enable trigger user; delete from tasks where id = '${task.id}'; commit`,
    );
    await updateProject(core, owner, { projectId: project.id, name: 'Renamed' });
    await rollBack(wanted);
    expect(await documentNow()).toMatchObject({ project: { name: 'Renamed' }, tasks: { next: [] }, notes: 'then' });
    expect((await newest()).content).not.toContain('Soon gone');
  });

  test('keeps a generated focus generated', async () => {
    await addTask('First work');
    await rebuildStateDocument(core, project.id);
    const wanted = await numberOf();
    await save({ currentFocus: 'Mine' });
    const task = await core.db.task.findFirstOrThrow({ where: { projectId: project.id } });
    await transitionTask(core, owner, { taskId: task.id, to: 'canceled' });
    await addTask('Second work');
    await rollBack(wanted);
    expect((await documentNow()).summary.current_focus).toBe('Second work');
  });

  test('with nothing to restore is refused, and so is a version that there is not', async () => {
    await save({ notes: 'one' });
    await addTask('Work');
    await rebuildStateDocument(core, project.id);
    const before = await newest();
    expect(await errorOf(rollBack(await numberOf()))).toEqual(
      new InvalidInputError([
        { path: ['version'], message: `Nothing to restore: your part of version ${before.version} is what it is now.` },
      ]),
    );
    expect(await preview(Number(before.version))).toMatchObject({ diff: '', restored: [] });
    await expect(rollBack(99)).rejects.toThrow(NotFoundError);
    await expect(preview(99)).rejects.toThrow(NotFoundError);
    expect(await newest()).toEqual(before);
  });

  test('is shown first as it will be', async () => {
    await save({ notes: 'one' });
    const wanted = await numberOf();
    await save({ notes: 'two' });
    const shown = await preview(wanted);
    expect(shown).toMatchObject({ restored: ['notes'], baseVersion: wanted + 1 });
    expect(shown.diff).toContain('-notes: two\n+notes: one\n');
    const before = (await newest()).content;
    await rollBack(wanted);
    expect((await newest()).content).toBe(before.replace('notes: two', 'notes: one'));
  });

  test('that somebody else was faster than is a conflict; what happened to the facts is none', async () => {
    await save({ notes: 'one' });
    const wanted = await numberOf();
    await save({ notes: 'two' });
    const seen = await numberOf();
    await save({ notes: 'three' }, maintainer);
    await expect(rollBack(wanted, owner, seen)).rejects.toThrow(ConflictError);
    expect((await documentNow()).notes).toBe('three');
    const base = await numberOf();
    await addTask('Work');
    await save({ currentFocus: 'Something else' }, maintainer);
    await expect(rollBack(wanted, owner, base)).rejects.toThrow(ConflictError);
    const both = await Promise.allSettled([rollBack(wanted, owner), rollBack(wanted, maintainer)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await documentNow()).notes).toBe('one');
  });

  test('pauses and resumes for those who may; for others the status stays', async () => {
    const active = await numberOf();
    await save({ status: 'paused', notes: 'Holidays' });
    expect(await preview(active, maintainer)).toMatchObject({ restored: ['notes'] });
    expect((await preview(active)).restored).toEqual(['status', 'notes']);
    await rollBack(active, maintainer);
    expect(await documentNow()).toMatchObject({ project: { status: 'paused' }, notes: '' });
    await rollBack(active);
    expect(await documentNow()).toMatchObject({ project: { status: 'active' } });
    expect((await core.db.project.findUniqueOrThrow({ where: { id: project.id } })).status).toBe('active');
    const version = await numberOf();
    await rebuildStateDocument(core, project.id);
    expect(await numberOf()).toBe(version);
  });

  describe.each(['active', 'paused'] as const)('of an %s project', (before) => {
    const after = before === 'active' ? 'paused' : 'active';
    test('that somebody has just set to the other is a conflict, right after something else has happened', async () => {
      if (before === 'paused') await updateProject(core, owner, { projectId: project.id, status: before });
      await save({ notes: 'one' });
      const wanted = await numberOf();
      await save({ notes: 'two' });
      await addTask('Work');
      await rebuildStateDocument(core, project.id);
      const { restored, baseVersion } = await preview(wanted);
      expect(restored).toEqual(['notes']);
      await updateProject(core, owner, { projectId: project.id, status: after });
      await rebuildStateDocument(core, project.id);
      await expect(rollBack(wanted, owner, baseVersion)).rejects.toThrow(ConflictError);
      expect(await documentNow()).toMatchObject({ project: { status: after }, notes: 'two' });
      // Who saves what he looked at and means the notes alone changes those alone.
      await saveState(core, owner, { projectId: project.id, baseVersion, notes: 'three' });
      expect(await documentNow()).toMatchObject({ project: { status: after }, notes: 'three' });
      const stale = { projectId: project.id, baseVersion, status: before, notes: 'four' };
      await expect(saveState(core, owner, stale)).rejects.toThrow(ConflictError);
    });
  });

  test('is not for viewers, nor in an archived project', async () => {
    await save({ notes: 'one' });
    await expect(rollBack(1, viewer)).rejects.toThrow(ForbiddenError);
    await expect(preview(1, viewer)).rejects.toThrow(ForbiddenError);
    const base = await numberOf();
    await updateProject(core, owner, { projectId: project.id, status: 'archived' });
    await expect(rollBack(1, owner, base)).rejects.toThrow(ForbiddenError);
  });

  test('to a version from before human parts were kept takes it from the text, or says that it can not', async () => {
    await save({ notes: 'one', currentFocus: 'Mine' });
    const wanted = await numberOf();
    await save({ notes: 'two', currentFocus: null });
    const forget = (content: string) =>
      core.pool.query(
        'update project_state_versions set human = null, content = $3 where project_id = $1 and version = $2',
        [project.id, wanted, content],
      );
    const { content } = await core.db.projectStateVersion.findUniqueOrThrow({
      where: { projectId_version: { projectId: project.id, version: wanted } },
    });
    await forget('no: document');
    const refused = await errorOf(rollBack(wanted));
    expect(refused).toBeInstanceOf(InvalidInputError);
    expect(String(refused)).toContain('can not be read any more');
    await forget(content);
    await rollBack(wanted);
    expect(await documentNow()).toMatchObject({ notes: 'one', summary: { current_focus: 'Mine' } });
  });
});

describe('what a person saves', () => {
  test('is a version of its own, with the facts as they are', async () => {
    await addTask('Work');
    await save({ currentFocus: 'Ship it' });
    await save({ notes: 'Mind the gap' });
    await addTask('More work');
    await rebuildStateDocument(core, project.id);
    const all = await core.db.projectStateVersion.findMany({
      where: { projectId: project.id },
      orderBy: { version: 'asc' },
    });
    expect(all.map(({ changes }) => summaryOf(readChanges(changes)).replaceAll(owner.email, 'owner'))).toEqual([
      'owner: project Demo created, Work added',
      'owner: focus changed',
      'owner: notes changed',
      'owner: More work added',
    ]);
    expect(all[1]?.content).toContain('title: Work');
  });

  test('that differs in nothing is refused; another format is a version', async () => {
    await save({ notes: 'one' });
    await expect(save({ notes: 'one' })).rejects.toThrow(InvalidInputError);
    await expect(save({})).rejects.toThrow(InvalidInputError);
    await expect(save({ status: 'archived' })).rejects.toThrow(InvalidInputError);
    await save({ format: 'json' });
    const { content, stateFormat, changes } = await newest();
    expect([stateFormat, JSON.parse(content)]).toMatchObject(['json', { notes: 'one' }]);
    expect(summaryOf(readChanges(changes))).toContain('written as JSON');
  });

  test('is a conflict when another one has changed the same, and none when it was something else', async () => {
    const base = await numberOf();
    await save({ notes: 'hers' }, maintainer);
    const mine = (changes: Changes) => saveState(core, owner, { projectId: project.id, baseVersion: base, ...changes });
    const refused = await errorOf(mine({ notes: 'his' }));
    expect(refused).toBeInstanceOf(ConflictError);
    expect(String(refused)).toContain('Somebody changed the notes since version 1');
    await mine({ currentFocus: 'His' });
    expect(await documentNow()).toMatchObject({ notes: 'hers', summary: { current_focus: 'His' } });
  });
});
