import { afterAll, beforeAll, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { sendMessage } from '#core/conversations/send-message.ts';
import { rulesPlanner } from '#core/planner/rules/rules-planner.ts';
import { runCycles } from '#core/cycles/run-cycle.ts';
import type { Planner } from '#core/planner/planner.ts';
import { newId } from '#core/platform/ids.ts';
import { sweepArchivedProjects } from '#core/projects/archive-project.ts';
import { sweepLeases } from '#core/runs/sweep-leases.ts';
import type { Message, Project, Task } from '#prisma/generated/client/client.ts';
import { runnerSide } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

let system: TestSystem;
beforeAll(async () => {
  system = await startTestSystem();
});
afterAll(() => system.close());

interface Room {
  user: UserActor;
  project: Project;
  say(content: string): Promise<Message>;
}

async function newRoom(): Promise<Room> {
  const seed = seeder(system.core);
  const user = await seed.user();
  const project = await seed.project(user);
  const { id } = await system.core.db.conversation.findFirstOrThrow({ where: { projectId: project.id } });
  return { user, project, say: (content) => sendMessage(system.core, user, { conversationId: id, content }) };
}

function tasksOf(project: Project): Promise<Task[]> {
  return system.core.db.task.findMany({ where: { projectId: project.id }, orderBy: { id: 'asc' } });
}

const CLUSTERS = { surrogates: '🔥', joined: '👩‍👩‍👧‍👦', flag: '🇩🇪', accent: 'e\u0301', skin: '👍🏽' };

test.each(Object.entries(CLUSTERS))(
  'a long message full of %s is planned, and no character of it is torn',
  async (_, sign) => {
    const { project, say } = await newRoom();
    // Whatever the limit is, one of these paddings puts it inside a character.
    for (let pad = 0; pad < sign.length + 9; pad += 1) {
      await say(`1. Fix the header\n   - ${'x'.repeat(pad)}${` keep ${sign} it`.repeat(200)}`);
      await say(`Fix the header of ${'x'.repeat(pad)}${sign.repeat(200)}`);
    }
    expect(await runCycles(system.core, project.id, { planner: rulesPlanner })).toBe(1);
    const tasks = await tasksOf(project);
    expect(tasks).toHaveLength(2 * (sign.length + 9));
    for (const task of tasks)
      for (const text of [task.title, task.description, ...task.acceptanceCriteria]) {
        expect(text.isWellFormed()).toBe(true);
        const left = text.replaceAll(sign, '').replaceAll('…', '');
        expect(left).toBe(left.replaceAll(/[^\x20-\x7e\n]/g, ''));
        expect(left).not.toMatch(/e(?= it)/);
      }
  },
);

/** Makes the database refuse what a condition on the row says, as a row that is damaged would be. */
async function refuse(table: string, on: 'insert' | 'update', condition: string): Promise<() => Promise<void>> {
  const name = `refuse_${newId().replaceAll('-', '')}`;
  await system.core.pool.query(`
    create function ${name}() returns trigger language plpgsql as $$ begin raise exception 'refused by the test'; end $$;
    create trigger ${name} before ${on} on ${table} for each row when (${condition}) execute function ${name}();`);
  return async () => void (await system.core.pool.query(`drop function ${name}() cascade`));
}

/** Plans as the rules do, and fails with every request that has this word. */
function plannerThatFailsWith(word: string): Planner {
  return {
    name: 'failing',
    plan: async (requests, context) => {
      if (requests.some(({ text }) => text.includes(word))) throw new Error(`can not plan ${word}`);
      return rulesPlanner.plan(requests, context);
    },
  };
}

async function answerTo(message: Message): Promise<string> {
  return (await system.core.db.message.findUniqueOrThrow({ where: { answersId: message.id } })).content;
}

async function pendingRunsOf(project: Project): Promise<string[]> {
  const runs = await system.core.db.agentRun.findMany({
    where: { projectId: project.id, status: 'pending' },
    include: { task: true },
  });
  return runs.map(({ task }) => task?.title ?? '').sort();
}

test('a request that can not be planned is named in the answer, and the others become tasks', async () => {
  const { project, say } = await newRoom();
  const mixed = await say('1. fix the login page\n2. add a poisonous dark mode\n3. write a README');
  const other = await say('rename getUser to fetchUser in core/users.ts');
  expect(await runCycles(system.core, project.id, { planner: plannerThatFailsWith('poisonous') })).toBe(1);
  expect((await tasksOf(project)).map(({ title }) => title)).toEqual([
    'Fix the login page',
    'Write a README',
    'Rename getUser to fetchUser in core/users.ts',
  ]);
  expect(await answerTo(mixed)).toMatch(/2 tasks[^]*could not plan[^]*poisonous dark mode/);
  expect(await answerTo(other)).toContain('one task');
  expect(await pendingRunsOf(project)).toHaveLength(3);
});

test.each([
  ['its tasks', 'tasks', `new.title like '%poisonous%'`],
  ['its requests', 'requests', `new.content::text like '%poisonous%'`],
])('a message whose work can not be stored (%s) is answered so, and the rest goes on', async (_, table, condition) => {
  const { user, project, say } = await newRoom();
  const heal = await refuse(table, 'insert', condition);
  const bad = await say('add a poisonous dark mode');
  const good = await say('fix the login page');
  const byHand = await seeder(system.core).task(user, project, { title: 'Write a README', type: 'doc' });
  expect(await runCycles(system.core, project.id, { planner: rulesPlanner })).toBe(1);
  expect(await answerTo(bad)).toContain('could not read this message');
  expect(await answerTo(good)).toContain('one task');
  expect(await pendingRunsOf(project)).toEqual(['Fix the login page', byHand.title]);
  // Answered is answered: later cycles pass over it.
  await heal();
  await say('thanks');
  expect(await runCycles(system.core, project.id, { planner: rulesPlanner })).toBe(1);
  expect(await tasksOf(project)).toHaveLength(2);
});

test('a message that can neither be read nor answered does not keep the tasks that wait from being scheduled', async () => {
  const { user, project, say } = await newRoom();
  const heal = await refuse('messages', 'insert', `new.role = 'orchestrator' and new.project_id = '${project.id}'`);
  await say('fix the login page');
  const byHand = await seeder(system.core).task(user, project, { title: 'Write a README', type: 'doc' });
  await expect(runCycles(system.core, project.id, { planner: rulesPlanner })).rejects.toThrow('refused by the test');
  expect(await pendingRunsOf(project)).toEqual([byHand.title]);
  await heal();
  await runCycles(system.core, project.id, { planner: rulesPlanner });
  expect(await pendingRunsOf(project)).toEqual(['Fix the login page', byHand.title]);
});

test('a task that can not be planned or scheduled does not stop the others', async () => {
  const { user, project } = await newRoom();
  const seed = seeder(system.core);
  const unplanned = await seed.task(user, project, { title: 'Add poisonous things', priority: 1 });
  const damaged = await seed.task(user, project, { title: 'Fix the header', priority: 2 });
  await seed.task(user, project, { title: 'Write a README', type: 'doc' });
  const heal = await refuse('agent_runs', 'insert', `new.task_id = '${damaged.id}'`);
  await runCycles(system.core, project.id, { planner: plannerThatFailsWith('poisonous') });
  expect(await pendingRunsOf(project)).toEqual(['Write a README']);
  expect(await system.core.db.task.findUniqueOrThrow({ where: { id: unplanned.id } })).toMatchObject({
    status: 'blocked',
    blockedReason: 'No agent is assigned.',
  });
  await heal();
});

test('a run that can not be taken away does not keep the sweeps from the others', async () => {
  const { user, project } = await newRoom();
  const seed = seeder(system.core);
  const agent = await seed.agent(project);
  await seed.configure(agent, { concurrency: 5 });
  const { actor } = await seed.runner(undefined, { projectIds: [project.id] });
  for (const title of ['One', 'Two', 'Three']) await seed.task(user, project, { title, agentId: agent.id });
  const side = runnerSide(system.core, actor);
  const held = [await side.claim(), await side.claim(), await side.claim()];
  await system.core.pool.query(
    `update agent_runs set lease_expires_at = clock_timestamp() - interval '1 hour' where project_id = $1`,
    [project.id],
  );
  const heal = await refuse('agent_runs', 'update', `new.id = '${held[0]?.spec.runId}'`);
  expect(await sweepLeases(system.core)).toBe(2);
  await heal();
  expect(await sweepLeases(system.core)).toBe(1);
});

test('an archived project that can not be cleared does not keep the sweep from the others', async () => {
  const seed = seeder(system.core);
  const rooms = [await newRoom(), await newRoom(), await newRoom()];
  for (const { user, project } of rooms) await seed.task(user, project, { agentId: (await seed.agent(project)).id });
  const ids = rooms.map(({ project }) => project.id);
  await system.core.db.project.updateMany({ where: { id: { in: ids } }, data: { status: 'archived' } });
  const heal = await refuse('agent_runs', 'update', `new.project_id = '${[...ids].sort()[0]}'`);
  await sweepArchivedProjects(system.core);
  await heal();
  const left = await system.core.db.agentRun.count({ where: { projectId: { in: ids }, status: 'pending' } });
  expect(left).toBe(1);
});
