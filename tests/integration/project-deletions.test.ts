import { existsSync } from 'node:fs';
import path from 'node:path';
import { Kind, OperationTypeNode, print, type DocumentNode } from 'graphql';
import { describe, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { sendMessage } from '#core/conversations/send-message.ts';
import { removeSomeOfProject } from '#core/deletions/remove-project.ts';
import { follow } from '#core/events/follow.ts';
import { runCycles } from '#core/cycles/run-cycle.ts';
import { rulesPlanner } from '#core/planner/rules/rules-planner.ts';
import { deleteProject } from '#core/projects/delete-project.ts';
import { copyStateVersions } from '#core/state/copy-to-git.ts';
import { rebuildStaleState } from '#core/state/rebuild-state.ts';
import { deleteTask } from '#core/tasks/delete-task.ts';
import { transitionTask } from '#core/tasks/transition-task.ts';
import { post } from '#tests/kit/graphql-client.ts';
import { growHistory } from '#tests/kit/history.ts';
import { failed } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { errorOf } from '#tests/kit/until.ts';
import { DeletionWorld } from '#tests/kit/deletions.ts';
import * as webDocuments from '../../web/app/graphql/gql/graphql.ts';

const world = new DeletionWorld();

const REMAINS = `
  select (select count(*) from tasks where project_id = $1)::int as tasks, (select count(*) from agent_runs where project_id = $1)::int as runs,
         (select count(*) from realtime_events where project_id = $1)::int as events, (select count(*) from messages where project_id = $1)::int as messages,
         (select count(*) from project_state_versions where project_id = $1)::int as versions, (select count(*) from projects where id = $1)::int as projects,
         (select count(*) from pending_removals)::int as removals`;
const NOTHING = { tasks: 0, runs: 0, events: 0, messages: 0, versions: 0, projects: 0, removals: 0 };
const remains = async (): Promise<unknown> =>
  (await world.core.pool.query<object>(REMAINS, [world.project.id])).rows[0];

describe('a project that is deleted', () => {
  test('is hidden at once, and goes with everything in it', async () => {
    const { file, held } = await world.workedTask();
    await world.newTask();
    await rebuildStaleState(world.core, world.project.id);
    await copyStateVersions(world.core, world.project.id);
    const folder = path.join(world.core.dataDirectory, 'projects', world.project.id);
    expect(existsSync(folder)).toBe(true);
    const deletion = await deleteProject(world.core, world.owner, {
      projectId: world.project.id,
      name: world.project.name,
    });
    expect(deletion).toMatchObject({ kind: 'project', name: 'Demo', taskCount: 2, runCount: 2, logLineCount: 2n });
    const seen = await post(
      world.url,
      'query ($id: ID!) { project(id: $id) { id } }',
      { id: world.project.id },
      world.admin.token,
    );
    expect(seen.data?.['project']).toBeNull();
    expect(await world.runner.claimOrNull()).toBeNull();
    await world.removeAll();
    expect(await remains()).toEqual(NOTHING);
    expect(await world.linesOf(held.spec.runId)).toBe(0);
    expect([existsSync(file), existsSync(folder)]).toEqual([false, false]);
    // A wake-up from before makes no folder again.
    await copyStateVersions(world.core, world.project.id);
    await rebuildStaleState(world.core, world.project.id);
    await runCycles(world.core, world.project.id, { planner: rulesPlanner });
    expect(existsSync(folder)).toBe(false);
    expect((await world.core.db.deletion.findUniqueOrThrow({ where: { id: deletion.id } })).finishedAt).not.toBeNull();
  });

  test('takes its name, an owner, and that nobody works', async () => {
    const maintainer = await world.member('maintainer');
    const by = (actor: UserActor, name = world.project.name) =>
      deleteProject(world.core, actor, { projectId: world.project.id, name });
    expect(await errorOf(by(maintainer))).toMatchObject({ code: 'FORBIDDEN' });
    expect(await errorOf(by(world.owner, 'demo'))).toMatchObject({ code: 'BAD_USER_INPUT' });
    await world.newTask();
    const held = await world.runner.claim();
    expect(await errorOf(by(world.owner))).toMatchObject({ code: 'CONFLICT', current: held.spec.runId });
    await world.runner.complete(held, failed);
    // Who deleted it may say so again, and administrators; whoever else comes second finds nothing.
    const both = await Promise.all([by(world.owner), by(world.owner)]);
    expect(both[0].id).toBe(both[1].id);
    expect((await by(world.admin)).id).toBe(both[0].id);
    expect(await errorOf(by(maintainer))).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('an archived one can be deleted', async () => {
    await world.core.db.project.update({ where: { id: world.project.id }, data: { status: 'archived' } });
    await deleteProject(world.core, world.owner, { projectId: world.project.id, name: world.project.name });
    await world.removeAll();
    expect(await remains()).toEqual(NOTHING);
  });

  test('changes nothing any more for who had begun before', async () => {
    const task = await world.newTask();
    const claims: Promise<unknown>[] = [];
    const deleting = deleteProject(world.core, world.owner, {
      projectId: world.project.id,
      name: world.project.name,
    }).catch((error: { code: string }) => error.code);
    for (let i = 0; i < 5; i += 1)
      claims.push(
        world.runner.claimOrNull(),
        world.newTask().catch((error: { code: string }) => error.code),
      );
    const [deleted, ...others] = await Promise.all([deleting, ...claims]);
    const isClaimed = others.some((other) => typeof other === 'object' && other !== null && 'spec' in other);
    expect(isClaimed ? deleted : 'deleted').toBe(isClaimed ? 'CONFLICT' : 'deleted');
    if (deleted === 'CONFLICT') return;
    expect(
      await world.core.db.agentRun.count({ where: { projectId: world.project.id, status: { not: 'pending' } } }),
    ).toBe(0);
    expect(await errorOf(transitionTask(world.core, world.owner, { taskId: task.id, to: 'canceled' }))).toMatchObject({
      code: 'NOT_FOUND',
    });
    await world.removeAll();
    expect(await remains()).toEqual(NOTHING);
  });

  test('ends what is followed with an event, also for who missed it', async () => {
    const told = follow(world.core, world.project.id, null);
    const next = told.next();
    const muted = follow(
      { ...world.core, bus: { ...world.core.bus, listen: () => world.core.bus.listen('nobody') } },
      world.project.id,
      null,
    );
    const missed = muted.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    await deleteProject(world.core, world.owner, { projectId: world.project.id, name: world.project.name });
    await world.removeAll();
    const gone = { type: 'project.deleted', entity: { id: world.project.id } };
    expect((await next).value).toMatchObject(gone);
    expect((await missed).value).toMatchObject(gone);
    expect([(await told.next()).done, (await muted.next()).done]).toEqual([true, true]);
  });

  test('goes on after any step that it was broken off behind, and other projects keep all of theirs', async () => {
    await world.workedTask();
    const kept = await seeder(world.core).project(world.owner, 'Kept');
    await seeder(world.core).task(world.owner, kept);
    const { id } = await deleteProject(world.core, world.owner, {
      projectId: world.project.id,
      name: world.project.name,
    });
    for (let steps = 0; await removeSomeOfProject(world.core, id, world.project.id); steps += 1)
      expect(steps).toBeLessThan(50);
    await world.removeAll();
    expect(await remains()).toEqual(NOTHING);
    expect(await world.core.db.task.count({ where: { projectId: kept.id } })).toBe(1);
    expect(await world.core.db.taskEvent.count({ where: { task: { projectId: kept.id } } })).toBeGreaterThan(0);
  });

  test('a large one takes a request of milliseconds, and short transactions', { timeout: 180_000 }, async () => {
    await growHistory(world.core, world.project, world.agent, { done: 20_000, waiting: 1_000 });
    await world.core.pool.query(
      `insert into agent_run_logs (run_id, seq, stream, message)
       select r.id, n, 'stdout', 'a line' from (select id from agent_runs where project_id = $1 limit 100) r, generate_series(0, 999) n`,
      [world.project.id],
    );
    await world.core.pool.query(
      `update agent_runs set line_count = 1000 where id in (select distinct run_id from agent_run_logs) and project_id = $1`,
      [world.project.id],
    );
    const beganMs = performance.now();
    const { id, logLineCount } = await deleteProject(world.core, world.owner, {
      projectId: world.project.id,
      name: world.project.name,
    });
    expect(performance.now() - beganMs).toBeLessThan(2_000);
    expect(logLineCount).toBe(100_000n);
    let longestMs = 0;
    for (let isMore = true; isMore;) {
      const stepMs = performance.now();
      isMore = await removeSomeOfProject(world.core, id, world.project.id);
      longestMs = Math.max(longestMs, performance.now() - stepMs);
    }
    expect(longestMs).toBeLessThan(5_000);
    await world.removeAll();
    expect(await remains()).toEqual(NOTHING);
  });
});

/** What each page of the web asks, of what there was. */
const QUERIES = Object.values(webDocuments as Record<string, unknown>).filter(
  (value): value is DocumentNode =>
    (value as DocumentNode | null)?.kind === Kind.DOCUMENT &&
    (value as DocumentNode).definitions.some(
      (part) => part.kind === Kind.OPERATION_DEFINITION && part.operation === OperationTypeNode.QUERY,
    ),
);

test('every page can be read after a task, and after its project, was deleted', async () => {
  const { task, held } = await world.workedTask();
  const kept = await world.newTask('Kept');
  const conversation = await world.core.db.conversation.findFirstOrThrow({ where: { projectId: world.project.id } });
  await sendMessage(world.core, world.owner, { conversationId: conversation.id, content: 'Thanks' });
  await rebuildStaleState(world.core, world.project.id);
  const values: Record<string, unknown> = {
    projectId: world.project.id,
    taskId: task.id,
    runId: held.spec.runId,
    conversationId: conversation.id,
    runnerId: world.runnerActor.runnerId,
    taskIds: [task.id, kept.id],
    runIds: [held.spec.runId],
    named: task.id,
    isNamed: true,
    status: 'QUEUED',
    statuses: ['QUEUED'],
    version: 1,
    from: 1,
    to: 1,
    path: '/srv/repo',
    text: 'file',
    words: 'file',
    afterSeq: -1,
    limit: 100,
  };
  const readAll = async (): Promise<void> => {
    expect(QUERIES.length).toBeGreaterThan(15);
    for (const document of QUERIES) {
      const [operation] = document.definitions;
      const declared = operation?.kind === Kind.OPERATION_DEFINITION ? (operation.variableDefinitions ?? []) : [];
      const given = declared.map(({ type, variable }) => ({
        name: variable.name.value,
        isNeeded: type.kind === Kind.NON_NULL_TYPE,
        value: variable.name.value === 'id' ? task.id : values[variable.name.value],
      }));
      // The next page of a list goes on behind a cursor of the first one.
      const missing = given.filter(({ isNeeded, value }) => isNeeded && value === undefined).map(({ name }) => name);
      if (missing.includes('after')) continue;
      expect(missing, print(document).slice(0, 60)).toEqual([]);
      const variables = Object.fromEntries(
        given.filter(({ value }) => value !== undefined).map(({ name, value }) => [name, value]),
      );
      const answer = await post(world.url, print(document), variables, world.admin.token);
      const faults = (answer.errors ?? []).filter(({ extensions }) => extensions?.['code'] !== 'NOT_FOUND');
      expect(faults, print(document).slice(0, 60)).toEqual([]);
    }
  };
  await readAll();
  await deleteTask(world.core, world.owner, { taskId: task.id });
  await readAll();
  await world.removeAll();
  await readAll();
  expect(await world.core.db.task.count({ where: { id: kept.id } })).toBe(1);
  await deleteProject(world.core, world.owner, { projectId: world.project.id, name: world.project.name });
  await readAll();
  await world.removeAll();
  await readAll();
});
