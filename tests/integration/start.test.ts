import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collect, openSocket, post } from '#tests/kit/graphql-client.ts';
import {
  freePort,
  isAlive,
  PARTS,
  pidsOf,
  readyProduct,
  startProduct,
  type PartName,
  type Product,
} from '#tests/kit/product.ts';
import { until } from '#tests/kit/until.ts';

const PASSWORD = 'a password for the test';
const EMAIL = 'admin@localhost.local';
/** Long enough for what is done meanwhile; no longer, since the test waits for its end. */
const LINES = 240;
const AGENT = `let n = 0; setInterval(() => { console.log('line ' + n++); if (n === ${LINES}) process.exit(); }, 50)`;

let folder: string;
let dataDirectory: string;
let port: number;
let url: string;
let product: Product | null = null;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'overmind-start-'));
  chmodSync(folder, 0o711);
  dataDirectory = path.join(folder, 'data');
  port = await freePort();
  url = `http://127.0.0.1:${port}`;
  product = await start();
}, 300_000);
afterAll(async () => {
  product?.child.kill('SIGTERM');
  await product?.ended;
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}, 60_000);

const start = (): Promise<Product> => readyProduct({ dataDirectory, port, env: { OVERMIND_ADMIN_PASSWORD: PASSWORD } });

async function ask<T>(query: string, variables: Record<string, unknown>, token?: string): Promise<T> {
  const answer = await post(url, query, variables, token);
  const [value] = Object.values(answer.data ?? {});
  if (answer.errors || value === null || value === undefined)
    throw new Error(`Expected an answer, found ${JSON.stringify(answer)}`);
  return value as T;
}

async function signIn(): Promise<string> {
  const query =
    'mutation ($input: LoginInput!) { login(input: $input) { ... on LoginPayload { token } ... on UserError { message } } }';
  return (await ask<{ token: string }>(query, { input: { email: EMAIL, password: PASSWORD } })).token;
}

interface RunFacts {
  id: string;
  status: string;
  attempt: number;
  message: string | null;
  task: { id: string } | null;
}

/** A task for an agent that prints its lines for a quarter of a minute; its run has printed some when this resolves. */
async function startLongRun(token: string, agentName: string): Promise<{ runId: string; runs(): Promise<RunFacts[]> }> {
  const { nodes } = await ask<{ nodes: { id: string; name: string }[] }>(
    '{ projects { nodes { id name } } }',
    {},
    token,
  );
  const projectId = nodes[0]?.id;
  const config = { commands: [['node', '-e', AGENT]] };
  const createAgent =
    'mutation ($input: CreateAgentInput!) { createAgent(input: $input) { ... on CreateAgentPayload { agent { id } } ... on UserError { message } } }';
  const { agent } = await ask<{ agent: { id: string } }>(
    createAgent,
    { input: { projectId, name: agentName, config } },
    token,
  );
  const createTask =
    'mutation ($input: CreateTaskInput!) { createTask(input: $input) { ... on CreateTaskPayload { task { id } } ... on UserError { message } } }';
  const { task } = await ask<{ task: { id: string } }>(
    createTask,
    { input: { projectId, title: `Print lines, ${agentName}`, agentId: agent.id } },
    token,
  );
  const query =
    'query ($projectId: ID!, $agentId: ID!) { runs(projectId: $projectId, filter: { agentIds: [$agentId] }) { nodes { id status attempt message task { id } } } }';
  const runs = async (): Promise<RunFacts[]> =>
    (await ask<{ nodes: RunFacts[] }>(query, { projectId, agentId: agent.id }, token)).nodes.filter(
      (run) => run.task?.id === task.id,
    );
  const [run] = await until(runs, ([first]) => first?.status === 'STREAMING', 30_000);
  return { runId: run?.id ?? '', runs };
}

/** What the program printed, as it is stored, once the run has ended. */
async function linesOf(runId: string, token: string): Promise<string[]> {
  const client = openSocket(url, token);
  const log = collect<{ messages: string[] }>(
    client,
    'subscription ($runId: ID!) { runLog(runId: $runId, afterSeq: -1) { messages } }',
    { runId },
  );
  await until(log.ended, (ended) => ended !== null, 30_000);
  await client.dispose();
  return log.items.flatMap(({ messages }) => messages).filter((line) => line.startsWith('line '));
}

async function expectWhole({ runId, runs }: Awaited<ReturnType<typeof startLongRun>>, token: string): Promise<void> {
  const found = await until(
    runs,
    (all) => all.every(({ status }) => !['PENDING', 'STARTED', 'STREAMING'].includes(status)),
    60_000,
  );
  expect(found).toMatchObject([{ id: runId, status: 'COMPLETED', attempt: 1 }]);
  expect(await linesOf(runId, token)).toEqual(Array.from({ length: LINES }, (_, n) => `line ${n}`));
}

/** Programs of agents: they are the runner's business, and stay. */
const agentPids = (): number[] =>
  execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => /^\s*\d+ \S*node\S* -e /.test(line) && line.includes(AGENT.slice(0, 40)))
    .map((line) => Number.parseInt(line, 10));
const alivePids = (pids: Partial<Record<PartName, number>>): string[] =>
  Object.entries(pids)
    .filter(([, pid]) => isAlive(pid))
    .map(([name]) => name);

describe('npm start', () => {
  test('killed, leaves nothing but the agents under their keepers; the next one goes on with them', async () => {
    const token = await signIn();
    const run = await startLongRun(token, 'patient');
    const pids = pidsOf(dataDirectory);
    expect(Object.keys(pids).sort()).toEqual([...PARTS].sort());
    expect(agentPids()).toHaveLength(1);
    product?.child.kill('SIGKILL');
    await until(
      () => alivePids(pids),
      (alive) => alive.length === 0,
      8_000,
    );
    expect(agentPids()).toHaveLength(1);

    product = await start();
    expect(product.output()).not.toContain('ended what it had left running');
    await expectWhole(run, await signIn());
  }, 120_000);

  test('killed and started again at once, while its programs are still leaving: the agents go on', async () => {
    const token = await signIn();
    const run = await startLongRun(token, 'hasty');
    product?.child.kill('SIGKILL');
    await product?.ended;
    product = await start();
    await expectWhole(run, await signIn());
  }, 120_000);

  test('starts again what ends, one part after the other; the agents and the other parts go on', async () => {
    const token = await signIn();
    const run = await startLongRun(token, 'steady');
    for (const name of ['web', 'redis', 'postgres', 'runner', 'api', 'workers'] as const) {
      const before = pidsOf(dataDirectory);
      process.kill(before[name] ?? 0, 'SIGKILL');
      await until(
        () => product?.output() ?? '',
        (text) => text.split(`✓ ${name} runs again`).length === 2,
        30_000,
      );
      const after = pidsOf(dataDirectory);
      expect(after[name]).not.toBe(before[name]);
      expect({ ...after, [name]: 0 }).toEqual({ ...before, [name]: 0 });
      await until(
        () =>
          fetch(`${url}/readyz`).then(
            ({ status }) => status,
            () => 0,
          ),
        (status) => status === 200,
        15_000,
      );
    }
    const page = await until(
      () =>
        fetch(`${url}/sign-in`, { headers: { accept: 'text/html' } }).then(
          ({ status }) => status,
          () => 0,
        ),
      (status) => status === 200,
      15_000,
    );
    expect(page).toBe(200);
    await expectWhole(run, token);
    const { parts } = (await (await fetch(`${url}/readyz`)).json()) as {
      parts: { name: string; state: string; ends: number }[];
    };
    expect(parts.map(({ name, state, ends }) => `${name} ${state} ${ends}`).sort()).toEqual(
      [...PARTS].sort().map((name) => `${name} running 1`),
    );
  }, 180_000);

  test('starts anew what stands still, all four of its own programs at once', async () => {
    const before = pidsOf(dataDirectory);
    const own = ['api', 'workers', 'web', 'runner'] as const;
    const saidBefore = product?.output().length;
    for (const name of own) process.kill(before[name] ?? 0, 'SIGSTOP');
    const said = await until(
      () => product?.output().slice(saidBefore) ?? '',
      (text) => own.every((name) => text.includes(`✓ ${name} runs again`)),
      90_000,
    );
    for (const name of own)
      expect(said).toMatch(
        new RegExp(`! ${name} (keeps ending, \\d+ times now|ended) \\(it gave no sign of life, and was killed\\)`),
      );
    const after = pidsOf(dataDirectory);
    for (const name of own) expect(after[name]).not.toBe(before[name]);
    expect([after.postgres, after.redis]).toEqual([before.postgres, before.redis]);
    await until(
      () =>
        fetch(`${url}/readyz`).then(
          ({ status }) => status,
          () => 0,
        ),
      (status) => status === 200,
      15_000,
    );
  }, 180_000);

  test('told to stop, ends everything, and its agents with it', async () => {
    const token = await signIn();
    await startLongRun(token, 'last');
    const pids = pidsOf(dataDirectory);
    const saidBefore = product?.output().length;
    product?.child.kill('SIGTERM');
    expect(await product?.ended).toBe(0);
    expect(alivePids(pids)).toEqual([]);
    expect(agentPids()).toEqual([]);
    expect(product?.output().slice(saidBefore)).not.toContain('next try');
  }, 120_000);

  test.for([
    { what: 'there is no git on PATH', env: () => ({ PATH: pathWithoutGit() }), words: 'Git was not found on PATH' },
    {
      what: 'the accounts cannot be set up',
      env: () => ({ OVERMIND_ADMIN_EMAIL: 'nobody@example.x' }),
      words: 'OVERMIND_ADMIN_EMAIL is not valid',
    },
  ])('fails, saying why, and leaves nothing running when $what', { timeout: 60_000 }, async ({ env, words }) => {
    const failed = startProduct({ dataDirectory, port, env: env() });
    expect(await failed.ended).toBe(1);
    expect(failed.output()).toContain(words);
    expect(failed.output()).not.toContain('next try');
    expect(alivePids(pidsOf(dataDirectory))).toEqual([]);
    expect(execFileSync('ps', ['-eo', 'args='], { encoding: 'utf8' })).not.toContain(dataDirectory);
  });
});

function pathWithoutGit(): string {
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  for (const name of ['node', 'ps', 'id', 'test', 'sh'])
    symlinkSync(execFileSync('which', [name], { encoding: 'utf8' }).trim(), path.join(bin, name));
  return bin;
}
