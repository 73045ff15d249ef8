import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rulesPlanner } from '#core/planner/rules/rules-planner.ts';
import { sendMessage } from '#core/conversations/send-message.ts';
import { waitingReasonOf } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { until } from '#tests/kit/until.ts';
import { startWorkers } from '#workers/start-workers.ts';

let system: TestSystem;
let stopWorkers: () => Promise<void>;
beforeAll(async () => {
  system = await startTestSystem();
  stopWorkers = startWorkers(system.core, {
    planner: rulesPlanner,
    redisUrl: system.redisUrl,
    redisPrefix: system.redisPrefix,
  });
});
afterAll(async () => {
  await stopWorkers();
  await system.close();
});

async function conversationOf(projectId: string) {
  return system.core.db.conversation.findFirstOrThrow({ where: { projectId } });
}

test('a message becomes tasks with agents, an answer, pending runs and a state version', async () => {
  const seed = seeder(system.core);
  const user = await seed.user();
  const project = await seed.project(user);
  const conversation = await conversationOf(project.id);
  const message = await sendMessage(system.core, user, {
    conversationId: conversation.id,
    content: 'Add a CONTRIBUTING file and, urgent, fix the failing test in src/sum.js',
  });

  const tasks = await until(
    () =>
      system.core.db.task.findMany({
        where: { projectId: project.id },
        orderBy: { id: 'asc' },
        include: { runs: true },
      }),
    (found) => found.length === 2 && found.every((task) => task.runs.length === 1),
  );
  expect(tasks.map(({ type, priority, agentName, status }) => ({ type, priority, agentName, status }))).toEqual([
    { type: 'doc', priority: 3, agentName: 'docs', status: 'queued' },
    { type: 'code_change', priority: 1, agentName: 'backend', status: 'queued' },
  ]);
  const answer = await system.core.db.message.findUniqueOrThrow({
    where: { answersId: message.id },
    include: { tasks: true },
  });
  expect(answer).toMatchObject({ role: 'orchestrator', content: expect.stringContaining('2 tasks') as string });
  expect(answer.tasks).toHaveLength(2);
  // Asked again: tasks and their runs above were read one after the other.
  const reasons = await Promise.all(tasks.map((task) => waitingReasonOf(system.core, task)));
  expect(reasons).toEqual(['No runner is online.', 'No runner is online.']);

  const state = await until(
    () =>
      system.core.db.projectStateVersion.findFirst({ where: { projectId: project.id }, orderBy: { version: 'desc' } }),
    (found) => found?.content.includes('CONTRIBUTING') ?? false,
  );
  const repository = path.join(system.dataDirectory, 'projects', project.id, 'state');
  await until(
    () =>
      existsSync(path.join(repository, '.git', 'refs', 'heads', 'main'))
        ? execFileSync('git', ['log', '--format=%s'], { cwd: repository, encoding: 'utf8' })
        : '',
    (log) => log.startsWith(`version ${state?.version}`),
  );
});

test('small talk makes no task and is answered once', async () => {
  const seed = seeder(system.core);
  const user = await seed.user();
  const project = await seed.project(user);
  const conversation = await conversationOf(project.id);
  const message = await sendMessage(system.core, user, {
    conversationId: conversation.id,
    content: 'thanks, looks good!',
  });
  await until(
    () => system.core.db.message.findUnique({ where: { answersId: message.id } }),
    (found) => found !== null,
  );
  expect(await system.core.db.task.count({ where: { projectId: project.id } })).toBe(0);
});

test.each([
  'Bitte füge eine CONTRIBUTING-Datei hinzu',
  'Ajoute un mode sombre à la page des paramètres. Merci !',
  'ログインページを修正してください',
  'Добавь тёмную тему, пожалуйста',
])(
  'a message in a language that is not known becomes one task as it is, and the answer says so: %s',
  async (content) => {
    const seed = seeder(system.core);
    const user = await seed.user();
    const project = await seed.project(user);
    const conversation = await conversationOf(project.id);
    const message = await sendMessage(system.core, user, { conversationId: conversation.id, content });
    const answer = await until(
      () => system.core.db.message.findUnique({ where: { answersId: message.id } }),
      (found) => found !== null,
    );
    expect(answer?.content).toMatch(/English only.*one task.*as it is/s);
    const tasks = await system.core.db.task.findMany({ where: { projectId: project.id } });
    expect(tasks.map(({ title, description }) => [title, description])).toEqual([[content, content]]);
  },
);
