import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { updateAgent } from '#core/agents/write-agent.ts';
import { sendMessage } from '#core/conversations/send-message.ts';
import { runCycles } from '#core/cycles/run-cycle.ts';
import { rulesPlanner } from '#core/planner/rules/rules-planner.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { updateProject } from '#core/projects/update-project.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { isStateVersionIntact } from '#core/state/check-version.ts';
import { rebuildStaleState, rebuildStateDocument } from '#core/state/rebuild-state.ts';
import { saveState } from '#core/state/save-state.ts';
import { summaryOf, readChanges } from '#core/state/state-changes.ts';
import { approveTask } from '#core/tasks/approve-task.ts';
import { retryTask } from '#core/tasks/retry-task.ts';
import { sendBackTask } from '#core/tasks/send-back-task.ts';
import { startTask } from '#core/tasks/start-task.ts';
import { deleteTask } from '#core/tasks/delete-task.ts';
import { followUpTask } from '#core/tasks/follow-up-task.ts';
import { transitionTask } from '#core/tasks/transition-task.ts';
import { updateTask } from '#core/tasks/update-task.ts';
import type { Agent, Project, ProjectStateVersion, Task } from '#prisma/generated/client/client.ts';
import { failed, runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

let system: TestSystem;
let core: Core;
let anna: UserActor;
let project: Project;
let backend: Agent;
beforeAll(async () => {
  system = await startTestSystem();
  ({ core } = system);
  anna = await seeder(core).user();
});
beforeEach(async () => {
  project = await seeder(core).project(anna);
  backend = await seeder(core).agent(project);
  await cycle();
});
afterAll(() => system.close());

const cycle = () => runCycles(core, project.id, { planner: rulesPlanner });
const versions = () =>
  core.db.projectStateVersion.findMany({ where: { projectId: project.id }, orderBy: { version: 'asc' } });
const lineOf = ({ changes }: ProjectStateVersion): string =>
  summaryOf(readChanges(changes)).replaceAll(anna.email, 'anna');
const lines = async () => (await versions()).map((version) => `${version.version} ${lineOf(version)}`);
const newest = async (): Promise<ProjectStateVersion> => {
  const version = (await versions()).at(-1);
  if (!version) throw new Error('Expected a state version, found none');
  return version;
};
/** So long after the newest version was made that what comes is another one. */
async function later(): Promise<void> {
  await core.pool.query(
    `update project_state_versions set created_at = created_at - interval '1 minute' where project_id = $1`,
    [project.id],
  );
}
/** What the workers do after a change. */
async function settle(): Promise<void> {
  await cycle();
  await rebuildStaleState(core, project.id);
}
const addTask = (title: string): Promise<Task> => scheduledTask(core, anna, project, backend, { title });
const aRunner = async () =>
  runnerSide(core, (await seeder(core).runner(undefined, { projectIds: [project.id] })).actor);

describe('a version', () => {
  test('tells of the project that is made', async () => {
    expect(await lines()).toEqual(['1 anna: project Demo created']);
  });

  test('of a plan of eight tasks is one', async () => {
    await later();
    const conversation = await core.db.conversation.findFirstOrThrow({ where: { projectId: project.id } });
    const asks = Array.from({ length: 8 }, (_, i) => `${i + 1}. fix the crash in core/part-${i}.ts`).join('\n');
    await sendMessage(core, anna, { conversationId: conversation.id, content: asks });
    await settle();
    expect(await lines()).toEqual(['1 anna: project Demo created', '2 Orchestrator: 8 tasks planned']);
    expect(await core.db.task.count({ where: { projectId: project.id } })).toBe(8);
  });

  test('is made for each step of a task that people name, and for no other', async () => {
    const runner = await aRunner();
    await later();
    const task = await addTask('Fix the header');
    await settle();
    await later();
    const held = await runner.claim();
    await settle();
    expect((await newest()).content).toContain('status: in_progress');
    await runner.append(held, 0, ['a line']);
    await settle();
    await runner.complete(held, { lineCount: 1 });
    await settle();
    await later();
    await sendBackTask(core, anna, { taskId: task.id, feedback: 'Smaller, please' });
    await settle();
    await later();
    await runner.complete(await runner.claim());
    await settle();
    await later();
    await approveTask(core, anna, { taskId: task.id });
    await settle();
    await later();
    await runner.complete(await runner.claim());
    await settle();
    expect(await lines()).toEqual([
      '1 anna: project Demo created',
      '2 anna: Fix the header added',
      '3 backend: Fix the header ready for review',
      '4 anna: Fix the header sent back',
      '5 backend: Fix the header ready for review',
      '6 anna: Fix the header approved',
      '7 backend: Fix the header merged',
    ]);
    expect((await versions()).every(isStateVersionIntact)).toBe(true);
  });

  test('takes in what follows at once: all of a short run is one', async () => {
    const runner = await aRunner();
    await later();
    const task = await addTask('Fix the header');
    await settle();
    await runner.complete(await runner.claim());
    await settle();
    await approveTask(core, anna, { taskId: task.id });
    await settle();
    await runner.complete(await runner.claim());
    const other = await addTask('Write it down');
    await transitionTask(core, anna, { taskId: other.id, to: 'blocked', reason: 'No words yet' });
    await settle();
    expect(await lines()).toEqual([
      '1 anna: project Demo created',
      '2 anna: 2 tasks added, Fix the header approved, Write it down blocked; backend: Fix the header ready for review, Fix the header merged',
    ]);
    expect((await newest()).content).toContain('No words yet');
  });

  test('names failures, tries, stops and who did them', async () => {
    const runner = await aRunner();
    await later();
    const task = await addTask('Fix the header');
    await settle();
    await seeder(core).configure(backend, { retry: { maxAttempts: 2, baseDelayMs: 0, maxDelayMs: 0 } });
    const step = async (work: () => Promise<unknown>): Promise<string> => {
      await later();
      await work();
      await settle();
      return lineOf(await newest());
    };
    expect(await step(async () => runner.complete(await runner.claim(), failed))).toBe(
      'backend: Fix the header failed, tried again',
    );
    expect(await step(async () => runner.complete(await runner.claim(), failed))).toBe(
      'backend: Fix the header failed',
    );
    expect(await step(() => retryTask(core, anna, { taskId: task.id }))).toBe('anna: Fix the header queued again');
    const stop = async (): Promise<void> => {
      const held = await runner.claim();
      await cancelRun(core, anna, held.spec.runId);
      await runner.complete(held, failed);
    };
    expect(await step(stop)).toBe('anna: Fix the header stopped and held');
    expect(await step(() => startTask(core, anna, { taskId: task.id }))).toBe('anna: Fix the header started again');
    expect(await step(() => updateTask(core, anna, { taskId: task.id, title: 'Fix the footer' }))).toBe(
      'anna: Fix the footer changed',
    );
    expect(await step(() => transitionTask(core, anna, { taskId: task.id, to: 'canceled' }))).toBe(
      'anna: Fix the footer canceled',
    );
  });

  test('is another one when people pause, resume or archive, however soon after', async () => {
    const change = (status: 'active' | 'paused' | 'archived') =>
      updateProject(core, anna, { projectId: project.id, status }).then(() => rebuildStateDocument(core, project.id));
    await later();
    await addTask('Fix the header');
    await settle();
    const kept = await newest();
    await change('paused');
    await change('active');
    await change('archived');
    await change('active');
    expect(await lines()).toEqual([
      '1 anna: project Demo created',
      '2 anna: Fix the header added',
      '3 anna: project paused',
      '4 anna: project resumed',
      '5 anna: Fix the header canceled, project archived',
      '6 anna: project resumed',
    ]);
    expect((await versions())[1]).toEqual(kept);
    const set = (await versions()).map(({ human }) => (human as { status: string | null }).status);
    expect(set).toEqual(['active', 'active', 'paused', 'active', null, 'active']);
    // What follows at once joins the last of them.
    await addTask('Write it down');
    await settle();
    expect((await lines()).at(-1)).toBe('6 anna: project resumed, Write it down added');
  });

  test('is another one for a pause that many events stand before', async () => {
    await later();
    await addTask('Fix the header');
    await settle();
    await core.pool.query(
      `with bumped as (update projects set event_cursor = event_cursor + 2000 where id = $1 returning event_cursor - 2000 as cursor)
       insert into realtime_events (project_id, cursor, event_type, payload)
       select $1, bumped.cursor + n, 'agent.updated', '{"id": "00000000-0000-4000-8000-000000000000", "patch": {}}' from bumped, generate_series(1, 2000) n`,
      [project.id],
    );
    await updateProject(core, anna, { projectId: project.id, status: 'paused' });
    await rebuildStateDocument(core, project.id);
    await rebuildStateDocument(core, project.id);
    const [, added, paused] = await versions();
    expect(added?.human).toMatchObject({ status: 'active' });
    expect(paused?.human).toMatchObject({ status: 'paused' });
    expect((await lines()).at(-1)).toContain('anna: project paused');
  });

  test('is made for the project and its agents, and not for what is set to what it was', async () => {
    const step = async (work: () => Promise<unknown>): Promise<string> => {
      await later();
      await work();
      await settle();
      return lineOf(await newest());
    };
    const change = (changes: { name?: string; status?: 'active' | 'paused'; defaultRepoPath?: null }) => () =>
      updateProject(core, anna, { projectId: project.id, ...changes });
    expect(await step(change({ name: 'Shop' }))).toBe('anna: project renamed to Shop');
    expect(await step(change({ status: 'paused' }))).toBe('anna: project paused');
    expect(await step(change({ status: 'active' }))).toBe('anna: project resumed');
    expect(await step(change({ defaultRepoPath: null }))).toBe('anna: repository changed');
    const disable = () => updateAgent(core, anna, { agentId: backend.id, isEnabled: false });
    expect(await step(disable)).toBe('anna: agent backend disabled');
    expect(await step(() => updateAgent(core, anna, { agentId: backend.id, name: 'server' }))).toBe(
      'anna: agent server changed',
    );
    const count = (await versions()).length;
    await step(change({ name: 'Shop', status: 'active' }));
    await step(() => updateAgent(core, anna, { agentId: backend.id, name: 'server', isEnabled: false }));
    expect((await versions()).length).toBe(count);
  });
});

describe('a task that is deleted', () => {
  let bert: UserActor;
  beforeAll(async () => {
    bert = await seeder(core).user();
  });
  beforeEach(async () => {
    const member = { id: newId(), projectId: project.id, userId: bert.userId, role: 'owner' as const };
    await core.db.projectMember.create({ data: member });
    await later();
  });
  const told = async () => (await lines()).map((line) => line.replaceAll(bert.email, 'bert')).slice(1);

  test('is told of by its name, with who deleted it, and the version that told of it stays as it was', async () => {
    const task = await addTask('Fix the header');
    await settle();
    const [, added] = await versions();
    await later();
    await deleteTask(core, bert, { taskId: task.id });
    await settle();
    expect(await told()).toEqual(['2 anna: Fix the header added', '3 bert: Fix the header deleted']);
    expect(added?.content).toContain('Fix the header');
    expect((await versions())[1]).toMatchObject({ content: added?.content, changes: added?.changes });
    expect((await newest()).content).not.toContain('Fix the header');
    expect(readChanges((await newest()).changes)).toEqual([
      {
        author: { kind: 'person', name: bert.email },
        kind: 'task_deleted',
        subject: 'Fix the header',
        taskId: task.id,
        count: 1,
      },
    ]);
  });

  test('right after it was added joins that, whether it was told of before or not', async () => {
    const first = await addTask('Fix the header');
    await settle();
    await deleteTask(core, bert, { taskId: first.id });
    await settle();
    const second = await addTask('SHOP-12 $& "quoted"');
    await updateTask(core, anna, { taskId: second.id, priority: 1 });
    await deleteTask(core, anna, { taskId: second.id });
    await settle();
    expect(await told()).toEqual([
      '2 anna: 2 tasks added, SHOP-12 $& "quoted" changed, SHOP-12 $& "quoted" deleted; bert: Fix the header deleted',
    ]);
  });

  test('is counted with another one of the same name, and is not told of in what a person saved', async () => {
    const tasks = [await addTask('Fix the header'), await addTask('Fix the header')];
    await settle();
    await saveState(core, anna, { projectId: project.id, baseVersion: 2, notes: 'Careful' });
    await Promise.all(tasks.map(({ id }) => deleteTask(core, bert, { taskId: id })));
    await settle();
    expect(await told()).toEqual(['2 anna: 2 tasks added', '3 anna: notes changed', '4 bert: 2 tasks deleted']);
  });

  test('says nothing of those that followed it up', async () => {
    const task = await addTask('Fix the header');
    await transitionTask(core, anna, { taskId: task.id, to: 'canceled' });
    await followUpTask(core, anna, { taskId: task.id, title: 'Go on with it' });
    await settle();
    await later();
    await deleteTask(core, bert, { taskId: task.id });
    await settle();
    expect((await told()).at(-1)).toBe('3 bert: Fix the header deleted');
    expect((await newest()).content).toContain('Go on with it');
  });
});

describe('what no person would name', () => {
  test('writes nothing when nothing has changed', async () => {
    await addTask('Fix the header');
    await settle();
    const before = await versions();
    await rebuildStateDocument(core, project.id);
    await runCycles(core, project.id, { planner: rulesPlanner });
    await settle();
    expect(await versions()).toEqual(before);
  });

  test('goes into the newest version, a person’s too, which stays intact and is told of', async () => {
    const runner = await aRunner();
    await addTask('Fix the header');
    await settle();
    await saveState(core, anna, {
      projectId: project.id,
      baseVersion: Number((await newest()).version),
      notes: 'Careful',
    });
    const before = await newest();
    await runner.claim();
    await settle();
    const after = await newest();
    expect(after).toMatchObject({ id: before.id, version: before.version, changes: before.changes });
    expect(after.revision).toBe(before.revision + 1);
    expect(after.content).toContain('status: in_progress');
    expect(after.content).toContain('Careful');
    expect(isStateVersionIntact(after)).toBe(true);
    const events = await core.db.realtimeEvent.findMany({
      where: { projectId: project.id, eventType: 'project.state.updated' },
      orderBy: { cursor: 'asc' },
    });
    expect(events.at(-1)?.payload).toMatchObject({
      patch: { version: Number(after.version), contentHash: after.contentHash },
    });
  });

  test('is not written over a text that somebody wrote by hand before there were human parts', async () => {
    await core.pool.query(
      'update project_state_versions set human = null, created_by_user_id = $2 where project_id = $1',
      [project.id, anna.userId],
    );
    const before = await newest();
    await core.pool.query(`update tasks set updated_at = now() where project_id = $1`, [project.id]);
    await rebuildStateDocument(core, project.id);
    expect(await newest()).toEqual(before);
    await addTask('Fix the header');
    await settle();
    expect(await versions()).toMatchObject([before, { version: 2n }]);
  });
});

test('a version that was tampered with is followed by another one, also when nothing has changed', async () => {
  await core.pool.query(`update project_state_versions set content = content || '# mine' where project_id = $1`, [
    project.id,
  ]);
  await rebuildStateDocument(core, project.id);
  expect(await lines()).toEqual(['1 anna: project Demo created', '2 Orchestrator: document written']);
  expect(isStateVersionIntact(await newest())).toBe(true);
});

describe('a document that would be too long', () => {
  beforeEach(async () => {
    const notes = '👩‍💻'.repeat(4_000);
    await saveState(core, anna, { projectId: project.id, baseVersion: 1, notes });
    await core.pool.query(
      `insert into tasks (id, project_id, title, status, type, priority, agent_id, agent_name, blocked_reason, requested_by)
       select gen_random_uuid(), $1, 'Task ' || n, 'blocked', 'code_change', 3, $2, 'backend', repeat('👩‍💻', 400), 'api'
         from generate_series(1, 300) n`,
      [project.id, backend.id],
    );
  });

  test('is cut, and written once', async () => {
    await rebuildStateDocument(core, project.id);
    const { content, revision, version } = await newest();
    expect(content).toContain('blocked_more: and 200 more');
    expect(content).toContain('next_actions_more: and 290 more');
    expect(content.replaceAll('👩‍💻', '')).not.toMatch(/👩|💻/u);
    await rebuildStateDocument(core, project.id);
    await rebuildStateDocument(core, project.id);
    expect(await newest()).toMatchObject({ revision, version, content });
    expect(isStateVersionIntact(await newest())).toBe(true);
  });
});

test('changes of two who write at the same time are all told, each once', async () => {
  await later();
  await Promise.all(Array.from({ length: 12 }, (_, i) => addTask(`Task ${i}`).then(() => settle())));
  await settle();
  const told = (await versions()).flatMap(({ changes }) => readChanges(changes)).map(({ subject }) => subject);
  expect(told.sort()).toEqual(['Demo', ...Array.from({ length: 12 }, (_, i) => `Task ${i}`)].sort());
});
