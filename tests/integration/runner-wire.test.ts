import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import type { Core } from '#core/platform/core.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import type { Agent, AgentRun, Project } from '#prisma/generated/client/client.ts';
import { makeRepository } from '#runner/testing/repositories.ts';
import { startRelay } from '#tests/kit/relay.ts';
import type { Relay } from '#tests/kit/relay.ts';
import { program, startTestRunner } from '#tests/kit/runner.ts';
import type { TestRunner } from '#tests/kit/runner.ts';
import { scheduledTask } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { until } from '#tests/kit/until.ts';

let folder: string;
let system: TestSystem;
let core: Core;
let relay: Relay;
let runner: TestRunner;
let user: UserActor;
let project: Project;
let agent: Agent;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'overmind-wire-'));
  const { root } = makeRepository(path.join(folder, 'repo'));
  system = await startTestSystem();
  ({ core } = system);
  const seed = seeder(core);
  user = await seed.user();
  project = await seed.project(user, 'Wire', root);
  agent = await seed.agent(project);
  relay = await startRelay((await system.startApi()).url);
  runner = await startTestRunner({
    url: relay.url,
    token: (await seed.runner('wire')).token,
    roots: [root],
    readablePaths: [folder],
  });
}, 60_000);
afterEach(() => {
  relay.onAnswer = () => true;
});
afterAll(async () => {
  await runner.stop();
  await relay.close();
  await system.close();
  await rm(folder, { recursive: true, force: true });
});

/** Gives the agent a task. @returns a look at its run */
async function start(...commands: string[][]): Promise<() => Promise<AgentRun>> {
  await seeder(core).configure(agent, { commands, retry: { maxAttempts: 1, baseDelayMs: 0, maxDelayMs: 0 } });
  const task = await scheduledTask(core, user, project, agent);
  // One run a task: a second attempt would be found here.
  return async () =>
    (await core.db.agentRun.findMany({ where: { taskId: task.id } })).reduce((only, other) => {
      throw new Error(`Expected one run, found ${only.id} and ${other.id}`);
    });
}
async function linesOf(run: AgentRun, stream: 'stdout' | 'stderr' | 'system'): Promise<string[]> {
  const rows = await core.db.agentRunLog.findMany({ where: { runId: run.id }, orderBy: { seq: 'asc' } });
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index));
  expect(rows).toHaveLength(run.lineCount);
  return rows.filter((row) => row.stream === stream).map(({ message }) => message);
}
const grownBy = async (look: () => Promise<AgentRun>, lines: number): Promise<AgentRun> => {
  const { lineCount } = await look();
  return until(look, (run) => run.lineCount >= lineCount + lines, 15_000);
};
/** The lines of print-until, each once and in order. */
async function expectEveryLine(run: AgentRun): Promise<void> {
  const printed = (await linesOf(run, 'stdout')).filter((line) => !line.startsWith('wrote'));
  const count = printed.length - 1;
  expect(printed).toEqual([...Array.from({ length: count }, (_, n) => `line ${n}`), `printed ${count}`]);
  expect(await linesOf(run, 'stderr')).toEqual(
    Array.from({ length: Math.ceil(count / 10) }, (_, n) => `tenth ${n * 10}`),
  );
}

test('a runner that is killed three times in the middle of a run: every line once and in order, one attempt, one result', async () => {
  const enough = path.join(folder, 'enough-1');
  const look = await start(program('print-until', enough, '2'), program('write-files', '{"a.txt":"a\\n"}'));
  await until(look, (run) => run.lineCount > 50);
  for (let kill = 0; kill < 3; kill += 1) {
    await runner.kill();
    await runner.start();
    expect((await grownBy(look, 50)).status).toBe('streaming');
  }
  await writeFile(enough, '');
  const run = await until(look, ({ status }) => status === 'completed');
  expect([run.reason, run.message, run.summary?.split('\n').at(-1)]).toEqual([
    'ok',
    '1 file changed, +1 −0',
    'wrote a.txt',
  ]);
  await expectEveryLine(run);
  expect((await linesOf(run, 'system')).filter((line) => line.startsWith('$ '))).toHaveLength(2);
  expect(await core.db.artifact.count({ where: { runId: run.id, kind: 'diff' } })).toBe(1);
}, 40_000);

test('a runner that is killed when the answer to its claim arrives is given the same run, long before its lease ends', async () => {
  let claimed = '';
  const killed = new Promise<void>((resolve) => {
    relay.onAnswer = (text) => {
      if (!text.includes('"claimed":{"spec"')) return true;
      relay.onAnswer = () => true;
      claimed = text;
      void runner.kill().then(resolve);
      return false;
    };
  });
  const look = await start(program('write-files', '{"b.txt":"b\\n"}'));
  await killed;
  const lost = await look();
  expect([lost.status, lost.lineCount, claimed.includes(lost.id)]).toEqual(['started', 0, true]);
  expect(await readdir(path.join(runner.folder, 'runs'))).toEqual([]);
  await runner.start();
  const run = await until(look, ({ status }) => status === 'completed');
  expect([run.attempt, run.claimId, run.startedAt]).toEqual([1, lost.claimId, lost.startedAt]);
  expect(run.leaseTokenHash).toBe(lost.leaseTokenHash);
}, 40_000);

test('a large change can be reviewed: its diff is kept whole', async () => {
  const look = await start(['node', '-e', `fs.writeFileSync('large.json', '[{"a":1},\\n'.repeat(40_000))`]);
  const run = await until(look, ({ status }) => status === 'completed', 15_000);
  expect(run.message).toBe('1 file changed, +40000 −0');
  const diff = await core.db.artifact.findFirstOrThrow({ where: { runId: run.id, kind: 'diff' } });
  expect(Number(diff.size)).toBeGreaterThan(400_000);
}, 40_000);

test('a claim whose answer the network loses is repeated by the same runner', async () => {
  let lost = 0;
  relay.onAnswer = (text) => {
    if (!text.includes('"claimed":{"spec"') || lost === 2) return true;
    lost += 1;
    return false;
  };
  const run = await until(
    await start(program('write-files', '{"c.txt":"c\\n"}')),
    ({ status }) => status === 'completed',
  );
  expect([lost, run.attempt]).toEqual([2, 1]);
});

test('a cancel reaches the program at once, and what it prints while it cleans up is kept', async () => {
  const look = await start(program('clean-up-on-sigterm'));
  const { id } = await until(look, (run) => run.lineCount > 2);
  const fromMs = performance.now();
  await cancelRun(core, user, id);
  const run = await until(look, ({ status }) => status === 'canceled');
  expect(performance.now() - fromMs).toBeLessThan(2_000);
  expect(run.reason).toBe('by_user');
  expect(await linesOf(run, 'stdout')).toEqual(['ready', 'cleaning up', 'clean']);
});

test('the network is away while the runner tries again and again: the run goes on, and every line arrives afterwards', async () => {
  const enough = path.join(folder, 'enough-2');
  const look = await start(program('print-until', enough, '2'));
  await until(look, (run) => run.lineCount > 50);
  const refusedBefore = relay.refusedCount();
  relay.cut();
  await until(relay.refusedCount, (count) => count >= refusedBefore + 4, 20_000);
  const during = await look();
  relay.restore();
  await until(look, (run) => run.lineCount > during.lineCount + 500);
  await writeFile(enough, '');
  const run = await until(look, ({ status }) => status === 'completed');
  await expectEveryLine(run);
});
