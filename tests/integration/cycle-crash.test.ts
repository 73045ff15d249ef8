import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sendMessage } from '#core/conversations/send-message.ts';
import { rulesPlanner } from '#core/planner/rules/rules-planner.ts';
import { runCycles } from '#core/cycles/run-cycle.ts';
import { until } from '#tests/kit/until.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

const PHASES = [
  'started',
  'loaded_state',
  'validated_state',
  'ingested_inputs',
  'planned_tasks',
  'scheduled_runs',
  'updated_state',
  'completed',
];
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const WORKER = fileURLToPath(new URL('../kit/processes/cycle-worker.ts', import.meta.url));

let system: TestSystem;
beforeAll(async () => {
  system = await startTestSystem();
});
afterAll(() => system.close());

/** @returns the signal that ended it; null when it ended by itself */
function runWorker(projectId: string, dieAt: string): Promise<NodeJS.Signals | null> {
  const { databaseUrl, redisUrl, redisPrefix, dataDirectory } = system;
  const options = JSON.stringify({ databaseUrl, redisUrl, redisPrefix, dataDirectory, projectId, dieAt });
  const child = spawn(process.execPath, ['--import', TSX, WORKER, options], { stdio: 'inherit' });
  return new Promise((resolve, reject) =>
    child.once('exit', (code, signal) => (code ? reject(new Error(`The worker ended with ${code}`)) : resolve(signal))),
  );
}

test.each(PHASES)('a cycle killed after %s and run again makes nothing twice', async (phase) => {
  const seed = seeder(system.core);
  const user = await seed.user();
  const project = await seed.project(user);
  const conversation = await system.core.db.conversation.findFirstOrThrow({ where: { projectId: project.id } });
  const message = await sendMessage(system.core, user, {
    conversationId: conversation.id,
    content: '1. rename getUser to fetchUser in core/users.ts\n2. document the change in CHANGELOG.md',
  });

  expect(await runWorker(project.id, phase)).toBe('SIGKILL');
  // The database gives the dead worker's lock back when it notices that its connection is gone.
  const open = () =>
    system.core.db.orchestratorCycle.count({
      where: { projectId: project.id, status: { in: ['pending', 'running'] } },
    });
  await until(
    async () => {
      await runCycles(system.core, project.id, { planner: rulesPlanner });
      return open();
    },
    (count) => count === 0,
  );

  const tasks = await system.core.db.task.findMany({
    where: { projectId: project.id },
    include: { runs: true, events: true },
  });
  expect(tasks).toHaveLength(2);
  expect(tasks.map((task) => task.runs.length)).toEqual([1, 1]);
  expect(tasks.map((task) => task.events.filter((event) => event.eventType === 'created').length)).toEqual([1, 1]);
  expect(await system.core.db.request.count({ where: { messageId: message.id } })).toBe(2);
  expect(await system.core.db.message.count({ where: { conversationId: conversation.id, role: 'orchestrator' } })).toBe(
    1,
  );
  expect(
    await system.core.db.orchestratorCycle.count({ where: { projectId: project.id, status: { not: 'completed' } } }),
  ).toBe(0);
  const versions = await system.core.db.projectStateVersion.findMany({
    where: { projectId: project.id },
    orderBy: { version: 'asc' },
  });
  expect(versions.map((version) => Number(version.version))).toEqual(versions.map((_, i) => i + 1));
  expect(new Set(versions.map((version) => version.factsHash)).size).toBe(versions.length);
  const events = await system.core.db.realtimeEvent.findMany({
    where: { projectId: project.id },
    orderBy: { cursor: 'asc' },
  });
  expect(events.filter((event) => event.eventType === 'task.created')).toHaveLength(2);
  expect(events.map((event) => Number(event.cursor))).toEqual(events.map((_, i) => i + 1));
});
