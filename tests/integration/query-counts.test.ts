import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { sendMessage } from '#core/conversations/send-message.ts';
import { copyStateToGit, orchestratorCycle, rebuildState } from '#core/jobs/jobs.ts';
import { rulesPlanner } from '#core/planner/rules/rules-planner.ts';
import { runCycles } from '#core/cycles/run-cycle.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { copyStateVersions } from '#core/state/copy-to-git.ts';
import { rebuildStaleState } from '#core/state/rebuild-state.ts';
import { createTask } from '#core/tasks/create-task.ts';
import { transitionTask } from '#core/tasks/transition-task.ts';
import type { Agent, Conversation, Project } from '#prisma/generated/client/client.ts';
import { countOwnSql, countSql } from '#tests/kit/count-sql.ts';
import { post } from '#tests/kit/graphql-client.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

let system: TestSystem;
let url: string;
let user: UserActor & { token: string };
let project: Project;
let agent: Agent;
let conversationId: string;
beforeAll(async () => {
  system = await startTestSystem();
  ({ url } = await system.startApi());
  user = await seeder(system.core).user();
  project = await seeder(system.core).project(user);
  agent = await seeder(system.core).agent(project);
  conversationId = (await system.core.db.conversation.findFirstOrThrow({ where: { projectId: project.id } })).id;
});
afterAll(() => system.close());

/** Tasks with two runs each, and messages that are about them. */
async function fill(count: number): Promise<void> {
  const { db } = system.core;
  const tasks = Array.from({ length: count }, (_, i) => ({
    id: newId(),
    projectId: project.id,
    title: `Task ${i}`,
    description: 'long '.repeat(100),
    type: 'doc' as const,
    requestedBy: 'api' as const,
    agentId: agent.id,
    acceptanceCriteria: ['one'],
  }));
  await db.task.createMany({ data: tasks });
  await db.agentRun.createMany({
    data: tasks.flatMap((task) =>
      [1, 2].map((attempt) => ({
        id: newId(),
        projectId: project.id,
        agentId: agent.id,
        taskId: task.id,
        attempt,
        ...(attempt === 1 ? { status: 'failed' as const, reason: 'internal' as const, finishedAt: new Date() } : {}),
      })),
    ),
  });
  await db.artifact.createMany({
    data: tasks.map((task) => ({
      id: newId(),
      projectId: project.id,
      taskId: task.id,
      kind: 'diff' as const,
      name: 'x',
      mimeType: 'text/x-diff',
      size: 1,
      sha256: 'x',
      storagePath: 'x',
      metadata: {},
    })),
  });
  const messages = tasks.map(() => ({
    id: newId(),
    projectId: project.id,
    conversationId,
    role: 'agent' as const,
    content: 'done',
  }));
  await db.message.createMany({ data: messages });
  await db.messageTask.createMany({
    data: messages.map((message, i) => ({ messageId: message.id, taskId: tasks[i]?.id ?? '' })),
  });
}

const QUERIES: Record<string, string> = {
  board:
    'query ($id: ID!) { board(projectId: $id) { status taskCount tasks { nodes { id title type priority status agentName waitingReason allowedTransitions agent { name } liveRun { id status attempt runner { name } } artifacts(first: 5) { nodes { kind } } parent { id } } } } }',
  tasks:
    'query ($id: ID!) { tasks(projectId: $id, first: 100) { nodes { id title agent { name } runs { nodes { id status } } liveRun { status } followUps { nodes { id } } } pageInfo { hasNextPage endCursor } } }',
  runs: 'query ($id: ID!) { runs(projectId: $id, first: 100) { edges { cursor node { id status agent { name } task { title } runner { name } artifacts { nodes { kind } } } } } }',
  projects:
    'query { projects { nodes { id name stateVersion openTaskCount lastRun { status task { title } } agents { nodes { name } } } } }',
  messages:
    'query ($conversationId: ID!) { conversation(id: $conversationId) { messages(first: 100) { nodes { id content relatedTasks { id title status } } } } }',
  runners: 'query { runners { nodes { name labels } } }',
};

describe('a list costs as many statements for forty items as for four', () => {
  test('board, tasks, runs, projects, messages', async () => {
    const countAll = async (): Promise<Record<string, number>> => {
      const counts: Record<string, number> = {};
      for (const [name, query] of Object.entries(QUERIES)) {
        await post(url, query, { id: project.id, conversationId }, user.token);
        // The least of three: what the process does besides, every few seconds, only adds.
        for (let i = 0; i < 3; i += 1) {
          const { result, statements } = await countSql(() =>
            post(url, query, { id: project.id, conversationId }, user.token),
          );
          expect([name, result.errors]).toEqual([name, undefined]);
          counts[name] = Math.min(counts[name] ?? Infinity, statements.length);
        }
      }
      return counts;
    };
    await fill(4);
    const few = await countAll();
    await fill(36);
    expect(await countAll()).toEqual(few);
    // Two of each are who asks and what they may; a list inside of a list takes two, as PostgreSQL stops at its limit.
    // So do the reasons why tasks wait, which are worked out when they are read.
    expect(few).toEqual({ board: 14, tasks: 10, runs: 9, projects: 6, messages: 5, runners: 2 });
  });

  test("and asks for no more than the query does: the board's cards come without their long texts", async () => {
    const { statements } = await countSql(() =>
      post(
        url,
        'query ($id: ID!) { board(projectId: $id) { tasks { nodes { id title status } } } }',
        { id: project.id },
        user.token,
      ),
    );
    const ofTasks = statements.filter((statement) => /from "public"\."tasks"/i.test(statement));
    expect(ofTasks).toHaveLength(1);
    expect(ofTasks[0]).not.toMatch(/"description"|"acceptance_criteria"|"feedback"/);
    const list = await countSql(() =>
      post(url, 'query ($id: ID!) { tasks(projectId: $id) { nodes { id title } } }', { id: project.id }, user.token),
    );
    expect(
      list.statements.filter(
        (statement) => /from "public"\."tasks"/i.test(statement) && /"description"|"feedback"/.test(statement),
      ),
    ).toEqual([]);
    const asked = await post(
      url,
      'query ($id: ID!) { board(projectId: $id) { tasks { nodes { ...Card } } } } fragment Card on Task { description acceptanceCriteria feedback }',
      { id: project.id },
      user.token,
    );
    const [queued] = asked.data?.['board'] as { tasks: { nodes: object[] } }[];
    expect(queued?.tasks.nodes[0]).toEqual({
      description: 'long '.repeat(100),
      acceptanceCriteria: ['one'],
      feedback: null,
    });
  });
});

describe('a change and all that follows from it', () => {
  /** The change, then what it has asked the workers for, each once and in the order it was asked for, until nothing is left. */
  async function countAll(change: (core: Core) => Promise<unknown>): Promise<number> {
    const wanted = new Map<string, () => Promise<unknown>>();
    const core: Core = {
      ...system.core,
      queues: {
        add: async (job, payload) => {
          const { projectId } = payload as { projectId: string };
          wanted.set(job.name, () => workOff(core, job.name, projectId));
        },
        close: async () => {},
      },
    };
    const { statements } = await countOwnSql(async () => {
      await change(core);
      // Wake-ups are sent behind the commit, without being waited for.
      await new Promise(setImmediate);
      for (let [next] = wanted; next; [next] = wanted) {
        wanted.delete(next[0]);
        await next[1]();
        await new Promise(setImmediate);
      }
    });
    return statements.length;
  }

  async function workOff(core: Core, job: string, projectId: string): Promise<unknown> {
    if (job === orchestratorCycle.name) return runCycles(core, projectId, { planner: rulesPlanner });
    if (job === rebuildState.name) return rebuildStaleState(core, projectId);
    if (job === copyStateToGit.name) return copyStateVersions(core, projectId);
    throw new Error(`Expected a job of a cycle or the state document, found ${job}`);
  }

  let fresh: Project;
  let conversation: Conversation;
  beforeEach(async () => {
    fresh = await seeder(system.core).project(user);
    conversation = await system.core.db.conversation.findFirstOrThrow({ where: { projectId: fresh.id } });
    await countAll((core) => runCycles(core, fresh.id, { planner: rulesPlanner }));
  });
  const say = (content: string) => (core: Core) =>
    sendMessage(core, user, { conversationId: conversation.id, content });

  test('a task', async () => {
    const create = (core: Core) => createTask(core, user, { projectId: fresh.id, title: 'Fix the header' });
    expect(await countAll(create)).toBeLessThanOrEqual(40);
    const [task] = await system.core.db.task.findMany({ where: { projectId: fresh.id }, include: { runs: true } });
    expect(task).toMatchObject({ agentName: 'frontend', runs: [{ status: 'pending' }] });
  });

  test('a message with two asks, and one with eight costs no more', async () => {
    const few = await countAll(say('Add a CONTRIBUTING file and, urgent, fix the failing test in src/sum.js'));
    expect(few).toBeLessThanOrEqual(52);
    expect(await system.core.db.agentRun.count({ where: { projectId: fresh.id } })).toBe(2);
    const asks = Array.from({ length: 8 }, (_, i) => `${i + 1}. fix the crash in core/part-${i % 2}.ts`).join('\n');
    expect(await countAll(say(asks))).toBeLessThanOrEqual(few);
    expect(await system.core.db.agentRun.count({ where: { projectId: fresh.id } })).toBe(10);
  });

  test('a message that asks for nothing', async () => {
    expect(await countAll(say('thanks'))).toBeLessThanOrEqual(23);
  });

  test('a block', async () => {
    const task = await createTask(system.core, user, { projectId: fresh.id, title: 'Fix the header' });
    await countAll((core) => runCycles(core, fresh.id, { planner: rulesPlanner }));
    const block = (core: Core) =>
      transitionTask(core, user, { taskId: task.id, to: 'blocked', reason: 'It waits for a decision.' });
    expect(await countAll(block)).toBeLessThanOrEqual(38);
    const state = await system.core.db.projectStateVersion.findFirst({
      where: { projectId: fresh.id },
      orderBy: { version: 'desc' },
    });
    expect(state?.content).toContain('It waits for a decision.');
  });
});
