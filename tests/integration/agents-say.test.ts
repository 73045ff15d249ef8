import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { rulesPlanner } from '#core/planner/rules/rules-planner.ts';
import { createDemoRepository } from '#runner/demo-agent/create-demo-repository.ts';
import { claude, codex, printed, type Line } from '#runner/readers/testing/streams.ts';
import type { Agent, Project } from '#prisma/generated/client/client.ts';
import { post } from '#tests/kit/graphql-client.ts';
import { startTestRunner } from '#tests/kit/runner.ts';
import type { TestRunner } from '#tests/kit/runner.ts';
import { waitingReasonOf } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { until } from '#tests/kit/until.ts';
import { startWorkers } from '#workers/start-workers.ts';

let system: TestSystem;
let stopWorkers: () => Promise<void>;
let runner: TestRunner;
let url: string;
let folder: string;
let user: UserActor & { token: string };
let project: Project;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'overmind-say-'));
  const repository = path.join(folder, 'repo');
  createDemoRepository(repository, process.env['PATH'] ?? '');
  const bin = path.join(folder, 'bin');
  await mkdir(bin);
  const executables: Record<string, { path: string }> = {};
  for (const name of ['codex', 'claude']) {
    // Says what stands in a file of its own, which the test writes, and writes what it is told to.
    const script = `#!/bin/sh\ncat >/dev/null\ncat '${bin}/${name}.jsonl'\ntest -e '${bin}/${name}.bad' && exit 1\necho work > ${name}.txt\n`;
    await writeFile(path.join(bin, name), script);
    await chmod(path.join(bin, name), 0o755);
    executables[name] = { path: path.join(bin, name) };
  }
  system = await startTestSystem();
  stopWorkers = startWorkers(system.core, {
    planner: rulesPlanner,
    redisUrl: system.redisUrl,
    redisPrefix: system.redisPrefix,
  });
  url = (await system.startApi()).url;
  const seed = seeder(system.core);
  const { token } = await seed.runner('say');
  runner = await startTestRunner({ url, token, roots: [repository], readablePaths: [bin], executables });
  user = await seed.user({ isAdmin: true });
  project = await seed.project(user, 'Say', repository);
}, 90_000);
afterAll(async () => {
  await runner.stop();
  await stopWorkers();
  await system.close();
  await rm(folder, { recursive: true, force: true });
});

const ask = async (query: string, variables: Record<string, unknown>): Promise<Record<string, unknown>> => {
  const answer = await post(url, query, variables, user.token);
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data as Record<string, unknown>;
};

/** What the program of this name says from now on. */
async function says(name: string, lines: Line[], isGood: boolean): Promise<void> {
  await writeFile(path.join(folder, 'bin', `${name}.jsonl`), printed(lines));
  const bad = path.join(folder, 'bin', `${name}.bad`);
  await (isGood ? rm(bad, { force: true }) : writeFile(bad, ''));
}

async function agentOf(name: string, program: 'codex' | 'claude'): Promise<Agent> {
  const agent = await seeder(system.core).agent(project, name);
  const retry = { maxAttempts: 2, baseDelayMs: 10, maxDelayMs: 10 };
  await seeder(system.core).configure(agent, { commands: [[program]], reader: program, retry });
  return agent;
}

async function taskFor(agent: Agent): Promise<string> {
  return (await seeder(system.core).task(user, project, { agentId: agent.id })).id;
}

const taskNow = (id: string) =>
  system.core.db.task.findUniqueOrThrow({ where: { id }, include: { runs: { orderBy: { attempt: 'asc' } } } });
const agentNow = ({ id }: Agent) => system.core.db.agent.findUniqueOrThrow({ where: { id } });
const ended = (id: string, status: string) =>
  until(
    () => taskNow(id),
    (task) => task.status === status,
    30_000,
  );

const codexFails = (message: string): Line[] => [codex.started(), codex.turn(), codex.failed(message)];
const codexWorks = [codex.started(), codex.turn(), codex.ran('make'), codex.said('It is made.\n\nDone.'), codex.done()];

test('a refusal fails the task at once, with the words and the next step', async () => {
  const agent = await agentOf('frontend', 'claude');
  await says('claude', [claude.init(), claude.said('I will not.'), claude.result({ stop_reason: 'refusal' })], true);
  const task = await ended(await taskFor(agent), 'failed');
  expect(task.runs).toHaveLength(1);
  expect(task.runs[0]).toMatchObject({ reason: 'refused', exitCode: 0, summary: 'The greeting is there.' });
  expect(task.runs[0]?.message).toContain('Put the task in other words');
});

test('overload is tried again, and then good', async () => {
  const agent = await agentOf('qa', 'codex');
  await says('codex', codexFails('unexpected status 503 Service Unavailable'), false);
  const id = await taskFor(agent);
  await until(
    () => taskNow(id),
    ({ runs }) => runs[0]?.reason === 'overloaded',
    30_000,
  );
  await says('codex', codexWorks, true);
  const task = await until(
    () => taskNow(id),
    ({ status }) => status === 'needs_review' || status === 'failed',
    30_000,
  );
  expect(task.status).toBe('needs_review');
  expect(task.runs.at(-1)).toMatchObject({
    reason: 'ok',
    summary: 'It is made.\n\nDone.',
    metrics: { inputTokens: 900, cachedInputTokens: 300, outputTokens: 70 },
  });
}, 90_000);

test('who is not signed in is asked for, and goes on when a person says so', async () => {
  const agent = await agentOf('infra', 'codex');
  await says('codex', codexFails('unexpected status 401 Unauthorized: Wrong key'), false);
  const id = await taskFor(agent);
  await until(
    () => agentNow(agent),
    ({ signInNeededSince }) => signInNeededSince !== null,
    30_000,
  );
  expect(await waitingReasonOf(system.core, { id })).toBe('The agent infra is not signed in.');
  await says('codex', codexWorks, true);
  const query = `mutation ($input: ResumeAgentInput!) { resumeAgent(input: $input) { __typename ... on ResumeAgentPayload { agent { signInNeededSince } } } }`;
  expect(await ask(query, { input: { agentId: agent.id } })).toEqual({
    resumeAgent: { __typename: 'ResumeAgentPayload', agent: { signInNeededSince: null } },
  });
  expect((await ended(id, 'needs_review')).runs).toHaveLength(2);
}, 90_000);

test('a limit of use is waited for, by its own agent alone, and the task goes on by itself', async () => {
  const agent = await agentOf('backend', 'claude');
  const other = await agentOf('docs', 'codex');
  const resetsAt = Math.floor(Date.now() / 1_000) + 3_600;
  const refused = claude.result({ is_error: true, api_error_status: 429, result: 'You have hit your limit' });
  await says('claude', [claude.init(), claude.limit('rejected', resetsAt), refused], false);
  await says('codex', codexWorks, true);
  const id = await taskFor(agent);
  await until(
    () => agentNow(agent),
    ({ parkedUntil }) => parkedUntil?.getTime() === resetsAt * 1_000,
    30_000,
  );
  expect(await taskNow(id)).toMatchObject({ status: 'queued', runs: [{ reason: 'quota' }, { status: 'pending' }] });
  await ended(await taskFor(other), 'needs_review');

  await says('claude', [claude.init(), claude.said('I begin.'), claude.result()], true);
  // As if the hour had gone by.
  await system.core.pool.query(`update agents set parked_until = clock_timestamp() where id = $1`, [agent.id]);
  expect((await ended(id, 'needs_review')).runs).toHaveLength(2);
}, 90_000);

test('what an agent does is there beside its lines', async () => {
  const agent = await agentOf('docs', 'codex');
  await says('codex', codexWorks, true);
  const task = await ended(await taskFor(agent), 'needs_review');
  const query = `query ($id: ID!) { run(id: $id) { activity { firstSeq entries { kind text target status inputTokens } } } }`;
  const nothing = { text: null, target: null, status: null, inputTokens: null };
  expect(await ask(query, { id: task.runs[0]?.id })).toEqual({
    run: {
      activity: {
        firstSeq: 0,
        entries: [
          { ...nothing, kind: 'TOOL', target: 'make', status: 'DONE' },
          { ...nothing, kind: 'MESSAGE', text: 'It is made.\n\nDone.' },
          { ...nothing, kind: 'USAGE', inputTokens: 900 },
        ],
      },
    },
  });
}, 90_000);
