import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sendMessage } from '#core/conversations/send-message.ts';
import { removeDeleted } from '#core/deletions/remove-deleted.ts';
import { follow } from '#core/events/follow.ts';
import { runCycles } from '#core/cycles/run-cycle.ts';
import { rulesPlanner } from '#core/planner/rules/rules-planner.ts';
import { newId } from '#core/platform/ids.ts';
import { deleteProject } from '#core/projects/delete-project.ts';
import { updateProject } from '#core/projects/update-project.ts';
import { rebuildStaleState } from '#core/state/rebuild-state.ts';
import { deleteTask } from '#core/tasks/delete-task.ts';
import { followUpTask } from '#core/tasks/follow-up-task.ts';
import { approveTask } from '#core/tasks/approve-task.ts';
import { transitionTask } from '#core/tasks/transition-task.ts';
import { post } from '#tests/kit/graphql-client.ts';
import { failed, scheduledTask } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { errorOf } from '#tests/kit/until.ts';
import { DeletionWorld } from '#tests/kit/deletions.ts';

const world = new DeletionWorld();

describe('a task that is deleted', () => {
  test('goes with its runs, lines, files and audit trail, and a record of it stays', async () => {
    const { task, held, file } = await world.workedTask();
    expect(await world.core.db.taskEvent.count({ where: { taskId: task.id } })).toBeGreaterThan(3);
    const deletion = await deleteTask(world.core, world.owner, { taskId: task.id });
    expect(deletion).toMatchObject({
      kind: 'task',
      entityId: task.id,
      name: 'Add a file',
      projectName: 'Demo',
      deletedBy: world.owner.email,
      taskCount: 1,
      runCount: 1,
      logLineCount: 2n,
      artifactCount: 1,
      finishedAt: null,
    });
    await world.removeAll();
    expect(await world.core.db.task.count({ where: { id: task.id } })).toBe(0);
    expect(await world.core.db.taskEvent.count({ where: { taskId: task.id } })).toBe(0);
    expect(await world.core.db.agentRun.count({ where: { taskId: task.id } })).toBe(0);
    expect(await world.core.db.artifact.count({ where: { taskId: task.id } })).toBe(0);
    expect(await world.linesOf(held.spec.runId)).toBe(0);
    expect(existsSync(file)).toBe(false);
    const [record] = await world.core.db.deletion.findMany({ where: { entityId: task.id } });
    expect(record?.finishedAt).not.toBeNull();
  });

  test('lines and files go also when the process ends right after the commit', async () => {
    const { task, held, file } = await world.workedTask();
    await deleteTask(world.core, world.owner, { taskId: task.id });
    expect([await world.linesOf(held.spec.runId), existsSync(file)]).toEqual([2, true]);
    // Another process, later.
    const other = world.system.openCore();
    await removeDeleted(other);
    await other.close();
    expect([await world.linesOf(held.spec.runId), existsSync(file)]).toEqual([0, false]);
  });

  test('is refused while a run works, and says to stop it; one that waits goes with it', async () => {
    const working = await world.newTask();
    const held = await world.runner.claim();
    expect(await errorOf(deleteTask(world.core, world.owner, { taskId: working.id }))).toMatchObject({
      code: 'CONFLICT',
      current: held.spec.runId,
      message: expect.stringContaining('Stop it first') as string,
    });
    expect(await world.core.db.task.count({ where: { id: working.id } })).toBe(1);
    const waiting = await world.newTask();
    await deleteTask(world.core, world.owner, { taskId: waiting.id });
    expect(await world.core.db.agentRun.count({ where: { taskId: waiting.id } })).toBe(0);
  });

  test('twice, and by two at once, is one deletion', async () => {
    const { task } = await world.workedTask();
    const both = await Promise.all([1, 2].map(() => deleteTask(world.core, world.owner, { taskId: task.id })));
    expect(new Set(both.map(({ id }) => id)).size).toBe(1);
    expect((await deleteTask(world.core, world.admin, { taskId: task.id })).id).toBe(both[0]?.id);
    const maintainer = await world.member('maintainer');
    expect(await errorOf(deleteTask(world.core, maintainer, { taskId: task.id }))).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a deletion and a claim of its run at once: one of them wins', async () => {
    for (let i = 0; i < 10; i += 1) {
      const task = await world.newTask();
      const [deleted, claimed] = await Promise.all([
        deleteTask(world.core, world.owner, { taskId: task.id }).catch((error: { code: string }) => error.code),
        world.runner.claimOrNull(),
      ]);
      expect(claimed === null ? 'deleted' : deleted).toBe(claimed === null ? 'deleted' : 'CONFLICT');
      if (claimed) await world.runner.complete(claimed, failed);
    }
  });

  test('takes an owner, or who asked for it before anybody began', async () => {
    const [viewer, maintainer] = [await world.member('viewer'), await world.member('maintainer')];
    const task = await world.newTask();
    expect(await errorOf(deleteTask(world.core, viewer, { taskId: task.id }))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await errorOf(deleteTask(world.core, maintainer, { taskId: task.id }))).toMatchObject({ code: 'FORBIDDEN' });
    const own = await seeder(world.core).task(maintainer, world.project);
    expect(await deleteTask(world.core, maintainer, { taskId: own.id })).toMatchObject({ taskCount: 1 });
    await deleteTask(world.core, world.owner, { taskId: task.id });
    const begun = await scheduledTask(world.core, maintainer, world.project, world.agent);
    await world.runner.complete(await world.runner.claim(), failed);
    expect(await errorOf(deleteTask(world.core, maintainer, { taskId: begun.id }))).toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  test('its follow-ups stand by themselves, and messages name it no more', async () => {
    const task = await world.newTask();
    await transitionTask(world.core, world.owner, { taskId: task.id, to: 'canceled' });
    const next = await followUpTask(world.core, world.owner, { taskId: task.id });
    const conversation = await world.core.db.conversation.findFirstOrThrow({ where: { projectId: world.project.id } });
    const message = await world.core.db.message.create({
      data: {
        id: newId(),
        projectId: world.project.id,
        conversationId: conversation.id,
        role: 'agent',
        content: 'Done',
        relatedTaskId: task.id,
        tasks: { create: { taskId: task.id } },
      },
    });
    await deleteTask(world.core, world.owner, { taskId: task.id });
    expect(await world.core.db.task.findUniqueOrThrow({ where: { id: next.id } })).toMatchObject({
      parentTaskId: null,
    });
    expect(
      await world.core.db.message.findUniqueOrThrow({ where: { id: message.id }, include: { tasks: true } }),
    ).toMatchObject({ relatedTaskId: null, tasks: [] });
  });

  test('a message that asked for it does not make it again', async () => {
    const conversation = await world.core.db.conversation.findFirstOrThrow({ where: { projectId: world.project.id } });
    await sendMessage(world.core, world.owner, {
      conversationId: conversation.id,
      content: 'Add a file named notes.txt',
    });
    await runCycles(world.core, world.project.id, { planner: rulesPlanner });
    const task = await world.core.db.task.findFirstOrThrow({ where: { projectId: world.project.id } });
    await deleteTask(world.core, world.owner, { taskId: task.id });
    await runCycles(world.core, world.project.id, { planner: rulesPlanner });
    expect(await world.core.db.task.count({ where: { projectId: world.project.id } })).toBe(0);
  });

  test('the state document tells of it no more', async () => {
    const task = await world.newTask('A title to look for');
    await rebuildStaleState(world.core, world.project.id);
    const newest = () =>
      world.core.db.projectStateVersion.findFirstOrThrow({
        where: { projectId: world.project.id },
        orderBy: { version: 'desc' },
      });
    expect((await newest()).content).toContain('A title to look for');
    await deleteTask(world.core, world.owner, { taskId: task.id });
    await rebuildStaleState(world.core, world.project.id);
    expect((await newest()).content).not.toContain('A title to look for');
  });

  test('waits for a merge to end, and goes when it has', async () => {
    const task = await world.newTask();
    await world.runner.complete(await world.runner.claim());
    await approveTask(world.core, world.owner, { taskId: task.id });
    const merge = await world.runner.claim();
    await world.runner.requestLanding(merge);
    expect(await errorOf(deleteTask(world.core, world.owner, { taskId: task.id }))).toMatchObject({ code: 'CONFLICT' });
    await world.runner.complete(merge);
    expect(await deleteTask(world.core, world.owner, { taskId: task.id })).toMatchObject({ runCount: 2 });
  });

  test('followers are told', async () => {
    const task = await world.newTask();
    const events = follow(world.core, world.project.id, null);
    const next = events.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await deleteTask(world.core, world.owner, { taskId: task.id });
    expect((await next).value).toMatchObject({ type: 'task.deleted', entity: { id: task.id, patch: {} } });
    await events.return(undefined);
  });
});

describe('the audit trail', () => {
  test('is as it was for all who are not deleting', async () => {
    const task = await world.newTask();
    const other = await world.newTask();
    const { id: deletionId } = await deleteTask(world.core, world.owner, { taskId: other.id });
    const refused = /append only: (DELETE|UPDATE|TRUNCATE) refused/;
    const as = (sql: string) =>
      world.core.db.$transaction(async (tx) => {
        await tx.$queryRaw`select set_config('overmind.deletion_id', ${deletionId}, true)`;
        await tx.$executeRawUnsafe(sql);
      });
    const attempts = [
      `delete from task_events where task_id = '${task.id}'`,
      `delete from tasks where id = '${task.id}'`,
      `update task_events set payload = '{}' where task_id = '${task.id}'`,
      'truncate task_events',
    ];
    for (const sql of attempts) {
      expect((await errorOf(world.core.pool.query(sql))).message).toMatch(refused);
      expect((await errorOf(as(sql))).message).toMatch(refused);
    }
  });

  test('a record of a deletion can not be changed or removed', async () => {
    const { id } = await deleteTask(world.core, world.owner, { taskId: (await world.newTask()).id });
    await world.removeAll();
    for (const sql of [
      `update deletions set name = 'x' where id = '${id}'`,
      `update deletions set finished_at = null where id = '${id}'`,
      `delete from deletions where id = '${id}'`,
      'truncate deletions cascade',
    ])
      expect((await errorOf(world.core.pool.query(sql))).message).toMatch(/on record/);
  });
});

describe('the record of deletions', () => {
  const read = async (projectId: string | null, { token }: { token: string }) => {
    const answer = await post(
      world.url,
      'query ($projectId: ID) { deletions(projectId: $projectId) { nodes { entityId } } }',
      { projectId },
      token,
    );
    const page = answer.data?.['deletions'] as { nodes: { entityId: string }[] } | null | undefined;
    return page?.nodes.map(({ entityId }) => entityId) ?? answer.errors?.[0]?.extensions?.['code'];
  };

  test('of a project is for its owners, also of an archived one; of all projects for administrators', async () => {
    const task = await world.newTask();
    await deleteTask(world.core, world.owner, { taskId: task.id });
    const stranger = await seeder(world.core).user();
    expect(await read(world.project.id, world.owner)).toEqual([task.id]);
    expect(await read(world.project.id, stranger)).toBe('NOT_FOUND');
    expect(await read(null, world.owner)).toBe('FORBIDDEN');
    expect(await read(null, world.admin)).toContain(task.id);
    await updateProject(world.core, world.owner, { projectId: world.project.id, status: 'archived' });
    expect(await read(world.project.id, world.owner)).toEqual([task.id]);
  });

  test('of a project that is gone is for administrators', async () => {
    const { id, name } = world.project;
    await deleteProject(world.core, world.owner, { projectId: id, name });
    expect(await read(id, world.owner)).toBe('NOT_FOUND');
    expect(await read(id, world.admin)).toEqual([id]);
    await world.removeAll();
    expect(await read(id, world.owner)).toBe('NOT_FOUND');
    expect(await read(id, world.admin)).toEqual([id]);
  });
});

test('administrators read what was deleted', async () => {
  const { task } = await world.workedTask();
  const deleted = await post(
    world.url,
    'mutation ($input: DeleteTaskInput!) { deleteTask(input: $input) { __typename ... on DeleteTaskPayload { deletion { id name runCount logLineCount finishedAt } } } }',
    { input: { taskId: task.id } },
    world.owner.token,
  );
  expect(deleted.data?.['deleteTask']).toMatchObject({
    __typename: 'DeleteTaskPayload',
    deletion: { name: 'Add a file', runCount: 1, logLineCount: 2 },
  });
  const read = await post(
    world.url,
    'query ($projectId: ID) { deletions(projectId: $projectId) { nodes { kind entityId deletedBy } } }',
    { projectId: world.project.id },
    world.admin.token,
  );
  expect(read.data?.['deletions']).toEqual({
    nodes: [{ kind: 'TASK', entityId: task.id, deletedBy: world.owner.email }],
  });
});
