import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { listenForAgents } from './agent-control.ts';
import type { AgentControl } from './agent-control.ts';
import { openApiClient } from './graphql.ts';
import type { ApiClient } from './graphql.ts';
import { cpuSecondsOf, cpuSecondsOfTrees, freePort, runProgram, startProgram } from './processes.ts';
import type { StartedProgram } from './processes.ts';

const rootDir = fileURLToPath(new URL('../..', import.meta.url));
const buildDir = path.resolve(process.env['OVERMIND_BENCH_BUILD'] ?? path.join(rootDir, 'build'));
const PROGRAMS = ['api', 'workers', 'runner', 'keeper', 'migrate', 'setup'];
const EMAIL = 'bench@example.test';
const PASSWORD = 'a password for the benchmark';
const isReady = (output: string): boolean => output.includes('"msg":"ready"');

/** The built product, running on services of its own: durable, empty, gone at the end. */
export interface Product {
  url: string;
  databaseUrl: string;
  redisUrl: string;
  client: ApiClient;
  agents: AgentControl;
  project: BenchProject;
  /** Processor seconds used so far by api, workers and runner; keepers, which come and go, are left out. */
  productCpuSeconds(): number;
  apiPid: number;
  apiCpuSeconds(): number;
  postgresCpuSeconds(): number;
  stop(): Promise<void>;
}

export interface BenchProject {
  id: string;
  conversationId: string;
  repository: string;
}

let prepared: Promise<void> | null = null;

/** Builds what is measured, so that nothing is learnt of programs whose sources have changed; bundles that were given have to be there. */
async function prepareBuild(): Promise<void> {
  if (process.env['OVERMIND_BENCH_BUILD'] === undefined) {
    const build = ['--import', 'tsx', path.join(rootDir, 'scripts/build.ts'), '--only', PROGRAMS.join(',')];
    await runProgram('build', build, process.env, rootDir);
  }
  const missing = PROGRAMS.filter((name) => !existsSync(path.join(buildDir, `${name}.mjs`)));
  if (missing.length > 0) throw new Error(`${missing.join(', ')} missing in ${buildDir}`);
}

/** Starts services, migrates, makes the first account and one project with a small repository, and starts every process. */
export async function startProduct({
  capacity = 16,
  sandbox,
}: { capacity?: number; sandbox?: 'auto' | 'required' | 'off' } = {}): Promise<Product> {
  await (prepared ??= prepareBuild());
  const folder = mkdtempSync(path.join(tmpdir(), 'overmind-bench-'));
  const programs: StartedProgram[] = [];
  const stop = async (): Promise<void> => {
    for (const program of programs.reverse()) await program.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    const envFile = path.join(folder, 'services.env');
    const services = await startProgram(
      'services',
      [
        path.join(rootDir, 'scripts/services.mjs'),
        '--durable',
        '--data',
        path.join(folder, 'services'),
        '--env',
        envFile,
      ],
      process.env,
      () => existsSync(envFile),
      180_000,
    );
    programs.push(services);
    const { DATABASE_URL: databaseUrl = '', REDIS_URL: redisUrl = '', OVERMIND_BWRAP } = readExports(envFile);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const repository = makeRepository(path.join(folder, 'repository'));
    const runnerFolder = path.join(folder, 'runner');
    const env = {
      PATH: process.env['PATH'],
      HOME: folder,
      NODE_ENV: 'production',
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      OVERMIND_BWRAP,
      PORT: String(port),
      OVERMIND_DATA_DIR: path.join(folder, 'data'),
      OVERMIND_ADMIN_EMAIL: EMAIL,
      OVERMIND_ADMIN_PASSWORD: PASSWORD,
      OVERMIND_DEMO: '0',
      OVERMIND_RUNNER_DIR: runnerFolder,
      OVERMIND_REPO_ROOTS: repository,
      OVERMIND_URL: url,
      OVERMIND_RUNNER_ON_STOP: 'end',
      LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'warn',
    };
    mkdirSync(env.OVERMIND_DATA_DIR);
    await runProgram('migrate', [path.join(buildDir, 'migrate.mjs')], env, rootDir);
    await runProgram('setup', [path.join(buildDir, 'setup.mjs')], env, rootDir);
    const agents = await listenForAgents(path.join(folder, 'agents.sock'));
    allowBenchAgent(path.join(runnerFolder, 'policy.json'), agents.socketPath, capacity, sandbox);
    const node = (name: string, ...more: string[]): string[] => [
      ...nodeFlags(name),
      path.join(buildDir, `${name}.mjs`),
      ...more,
    ];
    // "ready" is a line of level info; the rest is kept quiet by what the programs say, not by the level.
    const api = await startProgram('api', node('api'), { ...env, LOG_LEVEL: 'info' }, isReady);
    programs.push(api);
    const workers = await startProgram('workers', node('workers'), { ...env, LOG_LEVEL: 'info' }, isReady);
    programs.push(workers);
    const runner = await startProgram('runner', node('runner', '--allow-root'), env, isReady);
    programs.push(runner);
    const client = openApiClient(url, await signIn(url));
    return {
      url,
      databaseUrl,
      redisUrl,
      client,
      agents,
      project: await makeProject(client, repository),
      productCpuSeconds: () => cpuSecondsOf([api.pid, workers.pid, runner.pid]),
      apiPid: api.pid,
      apiCpuSeconds: () => cpuSecondsOf([api.pid]),
      postgresCpuSeconds: () => cpuSecondsOfTrees([services.pid]),
      async stop() {
        await client.close();
        await agents.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** BENCH_NODE_FLAGS_API="--cpu-prof …": for finding out where the time goes. */
function nodeFlags(name: string): string[] {
  return (process.env[`BENCH_NODE_FLAGS_${name.toUpperCase()}`] ?? '').split(' ').filter(Boolean);
}

function readExports(file: string): Record<string, string> {
  return Object.fromEntries(
    [...readFileSync(file, 'utf8').matchAll(/^export (\w+)=(.*)$/gm)].map((found) => [found[1] ?? '', found[2] ?? '']),
  );
}

/** A repository of 50 small files. */
function makeRepository(folder: string): string {
  mkdirSync(path.join(folder, 'src'), { recursive: true });
  for (let number = 0; number < 50; number += 1)
    writeFileSync(path.join(folder, 'src', `file-${number}.js`), 'export const value = 1;\n'.repeat(100));
  const git = (...args: string[]): void =>
    void execFileSync('git', ['-c', 'user.name=Bench', '-c', `user.email=${EMAIL}`, ...args], {
      cwd: folder,
      stdio: 'ignore',
    });
  git('init', '--initial-branch=main');
  git('add', '.');
  git('commit', '--message=Start');
  return folder;
}

function allowBenchAgent(policyFile: string, socketPath: string, capacity: number, sandbox: string | undefined): void {
  const policy = JSON.parse(readFileSync(policyFile, 'utf8')) as Record<string, unknown>;
  const program = fileURLToPath(new URL('../programs/agent.mjs', import.meta.url));
  writeFileSync(
    policyFile,
    JSON.stringify({
      ...policy,
      capacity,
      ...(sandbox !== undefined && { sandbox: { mode: sandbox } }),
      executables: { 'bench-agent': { path: process.execPath, args: [program, socketPath] } },
    }),
    { mode: 0o600 },
  );
}

async function signIn(url: string): Promise<string> {
  const client = openApiClient(url, null);
  const { token } = await client.ask<{ token: string }>(
    'mutation ($input: LoginInput!) { login(input: $input) { ... on LoginPayload { token } ... on UserError { code message } } }',
    { input: { email: EMAIL, password: PASSWORD } },
  );
  await client.close();
  return token;
}

interface Ids {
  nodes: { id: string }[];
}
async function makeProject(client: ApiClient, repository: string): Promise<BenchProject> {
  const made = await client.ask<{ project: { id: string; conversations: Ids; agents: Ids } }>(
    'mutation ($input: CreateProjectInput!) { createProject(input: $input) { ... on CreateProjectPayload { project { id conversations { nodes { id } } agents { nodes { id } } } } ... on UserError { code message } } }',
    { input: { name: 'Bench', defaultRepoPath: repository } },
  );
  const { id, conversations, agents } = made.project;
  for (const agent of agents.nodes)
    await client.ask(UPDATE_AGENT, { input: { agentId: agent.id, config: agentConfig({}) } });
  const conversationId = conversations.nodes[0]?.id;
  if (conversationId === undefined) throw new Error('Expected a new project to have a conversation');
  return { id, conversationId, repository };
}

const UPDATE_AGENT =
  'mutation ($input: UpdateAgentInput!) { updateAgent(input: $input) { __typename ... on UserError { code message } } }';

/** An agent's configuration whose only command is the benchmark's program. */
export function agentConfig(changes: Record<string, unknown>): Record<string, unknown> {
  return { commands: [['bench-agent']], concurrency: 50, limits: { maxLogBytes: 1024 ** 3 }, ...changes };
}

/** Adds an agent to the project. */
export async function addAgent(
  { client, project }: Product,
  name: string,
  changes: Record<string, unknown>,
): Promise<string> {
  const made = await client.ask<{ agent: { id: string } }>(
    'mutation ($input: CreateAgentInput!) { createAgent(input: $input) { ... on CreateAgentPayload { agent { id } } ... on UserError { code message } } }',
    { input: { projectId: project.id, name, config: agentConfig(changes) } },
  );
  return made.agent.id;
}

/** Adds a task for an agent; its run is pending when this resolves. */
export async function createTask(
  { client, project }: Product,
  agentId: string,
  title = 'Measure something',
): Promise<string> {
  const made = await client.ask<{ task: { id: string } }>(
    'mutation ($input: CreateTaskInput!) { createTask(input: $input) { ... on CreateTaskPayload { task { id } } ... on UserError { code message } } }',
    { input: { projectId: project.id, title, agentId } },
  );
  return made.task.id;
}

export interface EndedRun {
  status: string;
  startedAt: string;
  finishedAt: string;
  lineCount: number;
  message: string | null;
}

/** Waits until a run has ended, and returns what is known of it. */
export async function endedRun(
  { client }: Product,
  runId: string,
  expected: readonly string[] = ['COMPLETED'],
): Promise<EndedRun> {
  for (;;) {
    const run = await client.ask<EndedRun>(
      'query ($id: ID!) { run(id: $id) { status startedAt finishedAt lineCount message } }',
      { id: runId },
    );
    if (expected.includes(run.status)) return run;
    if (!['PENDING', 'STARTED', 'STREAMING'].includes(run.status))
      throw new Error(`Expected run ${runId} to be ${expected.join(' or ')}, found ${run.status}: ${run.message}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
