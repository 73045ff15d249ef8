import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { SYSTEM } from '#core/access/actor.ts';
import type { UserActor } from '#core/access/actor.ts';
import type { Core } from '#core/platform/core.ts';
import { rotateRunnerToken } from '#core/runners/rotate-runner-token.ts';
import type { Agent, AgentRun, Project } from '#prisma/generated/client/client.ts';
import { makeRepository } from '#runner/testing/repositories.ts';
import { startHttpProxy } from '#tests/kit/http-proxy.ts';
import type { HttpProxy, ProxyAnswer } from '#tests/kit/http-proxy.ts';
import { program, startTestRunner } from '#tests/kit/runner.ts';
import type { TestRunner } from '#tests/kit/runner.ts';
import { scheduledTask } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { until } from '#tests/kit/until.ts';

/** How long the proxy answers in the middle of a run: a back end that is started again takes about as long. */
const OUTAGE_MS = 3_000;

let folder: string;
let system: TestSystem;
let core: Core;
let proxy: HttpProxy;
let runner: TestRunner;
let user: UserActor;
let project: Project;
let agent: Agent;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'overmind-proxy-'));
  const { root } = makeRepository(path.join(folder, 'repo'));
  system = await startTestSystem();
  ({ core } = system);
  const seed = seeder(core);
  user = await seed.user();
  project = await seed.project(user, 'Proxy', root);
  agent = await seed.agent(project);
  proxy = await startHttpProxy((await system.startApi()).url);
  runner = await startTestRunner({
    url: proxy.url,
    token: (await seed.runner('behind a proxy')).token,
    roots: [root],
    readablePaths: [folder],
  });
}, 60_000);
beforeEach(() => {
  proxy.answered = { requests: 0, upgrades: 0 };
});
afterAll(async () => {
  await runner.stop();
  await proxy.close();
  await system.close();
  await rm(folder, { recursive: true, force: true });
});

async function start(...commands: string[][]): Promise<() => Promise<AgentRun>> {
  await seeder(core).configure(agent, {
    commands,
    artifactGlobs: ['*.txt'],
    retry: { maxAttempts: 1, baseDelayMs: 0, maxDelayMs: 0 },
  });
  const task = await scheduledTask(core, user, project, agent);
  return () => core.db.agentRun.findFirstOrThrow({ where: { taskId: task.id } });
}
async function expectEveryLine(run: AgentRun): Promise<void> {
  const rows = await core.db.agentRunLog.findMany({ where: { runId: run.id }, orderBy: { seq: 'asc' } });
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index));
  expect(rows).toHaveLength(run.lineCount);
  const printed = rows
    .filter(({ stream, message }) => stream === 'stdout' && !message.startsWith('wrote'))
    .map(({ message }) => message);
  expect(printed).toEqual([
    ...Array.from({ length: printed.length - 1 }, (_, n) => `line ${n}`),
    `printed ${printed.length - 1}`,
  ]);
}

const REFUSAL = JSON.stringify({ error: { code: 404, message: 'no such backend' } });
const ANSWERS: [string, ProxyAnswer][] = [
  ['404 in words', { status: 404, body: '404 page not found' }],
  ['408 in words', { status: 408, body: 'Request Timeout' }],
  ['429 in words, with a time to wait', { status: 429, body: 'Too Many Requests', headers: { 'retry-after': '1' } }],
  [
    '502 as a page',
    { status: 502, body: '<html><h1>502 Bad Gateway</h1></html>', headers: { 'content-type': 'text/html' } },
  ],
  ['404 as JSON of its own', { status: 404, body: REFUSAL, headers: { 'content-type': 'application/json' } }],
  ['401 as a page, as a portal does', { status: 401, body: '<html>Sign in to the network</html>' }],
  ['a redirect to a page', { status: 302, body: '', headers: { location: 'http://portal.invalid/' } }],
  ['an empty 200', { status: 200, body: '' }],
  [
    'half of a 200',
    { status: 200, body: '{"data":{"appendRunLogs":{"__typename":"AppendRunLogsPayload"}}}', cutAfter: 20 },
  ],
];

test.each(ANSWERS)(
  'a proxy that answers %s in the middle of a run costs no line, and the run ends well',
  async (name, answer) => {
    const enough = path.join(folder, `enough-${ANSWERS.findIndex(([other]) => other === name)}`);
    const look = await start(program('print-until', enough, '2'), program('write-files', '{"a.txt":"a\\n"}'));
    await until(look, (run) => run.lineCount > 50);
    proxy.answer = answer;
    proxy.cutSockets();
    await sleep(OUTAGE_MS);
    const during = await look();
    proxy.answer = null;
    await until(look, (run) => run.lineCount > during.lineCount + 200);
    await writeFile(enough, '');
    const run = await until(look, ({ finishedAt }) => finishedAt !== null, 20_000);
    expect([run.status, run.reason, run.attempt]).toEqual(['completed', 'ok', 1]);
    expect(proxy.answered.requests).toBeGreaterThan(1);
    await expectEveryLine(run);
  },
  60_000,
);

test('one that answers requests, and leaves the socket alone, does not hold up a single line', async () => {
  const enough = path.join(folder, 'enough-socket');
  const look = await start(program('print-until', enough, '2'), program('write-files', '{"a.txt":"a\\n"}'));
  await until(look, (run) => run.lineCount > 50);
  proxy.answer = { status: 502, body: 'nobody home' };
  const { lineCount } = await look();
  await until(look, (run) => run.lineCount > lineCount + 200);
  proxy.answer = null;
  await writeFile(enough, '');
  const run = await until(look, ({ finishedAt }) => finishedAt !== null, 20_000);
  expect([run.status, run.reason, run.attempt]).toEqual(['completed', 'ok', 1]);
  await expectEveryLine(run);
}, 60_000);

test('one that answers while a run ends holds up its artifacts and its result, and loses neither', async () => {
  const enough = path.join(folder, 'enough-end');
  const look = await start(program('print-until', enough, '2'), program('write-files', '{"a.txt":"a\\n"}'));
  await until(look, (run) => run.lineCount > 50);
  proxy.answer = { status: 413, body: '<html>413</html>', only: 'multipart/form-data' };
  await writeFile(enough, '');
  await until(
    () => proxy.answered.requests,
    (requests) => requests > 2,
  );
  const { requests } = proxy.answered;
  proxy.answer = { status: 404, body: 'nobody home' };
  await until(
    () => proxy.answered.requests,
    (count) => count > requests + 2,
  );
  expect((await look()).finishedAt).toBeNull();
  proxy.answer = null;
  const run = await until(look, ({ finishedAt }) => finishedAt !== null, 20_000);
  expect([run.status, run.reason]).toEqual(['completed', 'ok']);
  expect(
    (await core.db.artifact.findMany({ where: { runId: run.id }, orderBy: { kind: 'asc' } })).map(({ name }) => name),
  ).toEqual(['changes.diff', 'a.txt']);
  await expectEveryLine(run);
}, 60_000);

test('a socket that a proxy refuses to open is asked for again until it opens', async () => {
  await runner.kill();
  proxy.answer = null;
  await runner.start();
  const runnerRow = () => core.db.runner.findFirstOrThrow({ where: { name: 'behind a proxy' } });
  await until(runnerRow, ({ connection }) => connection === 'online');
  proxy.answer = { status: 403, body: 'no' };
  proxy.cutSockets();
  await until(
    () => proxy.answered.upgrades,
    (upgrades) => upgrades > 2,
  );
  proxy.answer = null;
  const run = await until(
    await start(program('write-files', '{"b.txt":"b\\n"}')),
    ({ finishedAt }) => finishedAt !== null,
    20_000,
  );
  expect(run.status).toBe('completed');
}, 60_000);

test('a runner whose token is replaced ends and says why, though nothing runs on it', async () => {
  const { id } = await core.db.runner.findFirstOrThrow({ where: { name: 'behind a proxy' } });
  await rotateRunnerToken(core, SYSTEM('test'), id);
  await until(
    () => runner.output(),
    (output) => output.includes('the control plane refuses this runner'),
    20_000,
  );
}, 60_000);
