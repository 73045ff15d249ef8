import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rulesPlanner } from '#core/planner/rules/rules-planner.ts';
import { createDemoRepository } from '#runner/demo-agent/create-demo-repository.ts';
import { until } from '#tests/kit/until.ts';
import { collect, openSocket, post } from '#tests/kit/graphql-client.ts';
import { startTestRunner } from '#tests/kit/runner.ts';
import type { TestRunner } from '#tests/kit/runner.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { startWorkers } from '#workers/start-workers.ts';

let system: TestSystem;
let stopWorkers: () => Promise<void>;
let runner: TestRunner;
let url: string;
let folder: string;
let repository: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'overmind-loop-'));
  repository = path.join(folder, 'repo');
  createDemoRepository(repository, process.env['PATH'] ?? '');
  system = await startTestSystem();
  stopWorkers = startWorkers(system.core, {
    planner: rulesPlanner,
    redisUrl: system.redisUrl,
    redisPrefix: system.redisPrefix,
  });
  url = (await system.startApi()).url;
  const { token } = await seeder(system.core).runner('loop');
  runner = await startTestRunner({ url, token, roots: [repository] });
}, 90_000);
afterAll(async () => {
  await runner.stop();
  await stopWorkers();
  await system.close();
  await rm(folder, { recursive: true, force: true });
});

interface Task {
  id: string;
  title: string;
  status: string;
  type: string;
  priority: number;
  feedback: string | null;
  agent: { name: string } | null;
  diffStats: { filesChanged: number; additions: number; deletions: number } | null;
  runs: Nodes<{
    id: string;
    kind: string;
    attempt: number;
    status: string;
    reason: string | null;
    message: string | null;
    lineCount: number;
    branch: string | null;
  }>;
  artifacts: Nodes<{ kind: string; text: string | null }>;
}
interface Nodes<T> {
  nodes: T[];
}
const BOARD = `query ($projectId: ID!) { board(projectId: $projectId, statuses: [QUEUED, IN_PROGRESS, BLOCKED, NEEDS_REVIEW, DONE, FAILED]) { tasks(first: 10) { nodes {
  id title status type priority feedback agent { name } diffStats { filesChanged additions deletions } runs(first: 5) { nodes { id kind attempt status reason message lineCount branch } } artifacts(first: 10) { nodes { kind text } } } } } }`;
const git = (...args: string[]): string => execFileSync('git', args, { cwd: repository, encoding: 'utf8' });

/** The story, told with nothing but the public API. */
test('words become tasks, runs, a review, a merge, and a second attempt with feedback', async () => {
  const seed = seeder(system.core);
  // Who administers may choose any repository that a runner has, and grants it so.
  const user = await seed.user({ isAdmin: true });
  const ask = async <T>(query: string, variables: Record<string, unknown>): Promise<T> => {
    const answer = await post(url, query, variables, user.token);
    if (answer.errors) throw new Error(JSON.stringify(answer.errors));
    return answer.data as T;
  };
  const made = await ask<{ createProject: { project: { id: string; conversations: Nodes<{ id: string }> } } }>(
    `mutation ($input: CreateProjectInput!) { createProject(input: $input) { ... on CreateProjectPayload { project { id conversations { nodes { id } } } } } }`,
    { input: { name: 'Demo', defaultRepoPath: repository } },
  );
  const { id: projectId, conversations } = made.createProject.project;
  const board = async (): Promise<Task[]> =>
    (await ask<{ board: { tasks: Nodes<Task> }[] }>(BOARD, { projectId })).board.flatMap(({ tasks }) => tasks.nodes);

  await ask(`mutation ($input: SendMessageInput!) { sendMessage(input: $input) { __typename } }`, {
    input: {
      conversationId: conversations.nodes[0]?.id,
      content: 'Add a CONTRIBUTING file and, urgent, fix the failing test in src/sum.js',
    },
  });
  const running = await until(
    board,
    (tasks) => tasks.length === 2 && tasks.some((task) => task.runs.nodes[0]?.status === 'STREAMING'),
  );
  const streaming = running.find((task) => task.runs.nodes[0]?.status === 'STREAMING');
  const socket = openSocket(url, user.token);
  const log = collect<{ firstSeq: number; messages: string[] }>(
    socket,
    'subscription ($runId: ID!) { runLog(runId: $runId) { firstSeq messages } }',
    { runId: streaming?.runs.nodes[0]?.id },
  );

  const reviewed = await until(board, (tasks) => tasks.every((task) => task.status === 'NEEDS_REVIEW'), 60_000);
  await until(
    () => log.ended(),
    (ended) => ended === 'complete',
  );
  const stored = reviewed.flatMap((task) => task.runs.nodes).find((run) => run.id === streaming?.runs.nodes[0]?.id);
  expect(log.items.flatMap((batch) => batch.messages)).toHaveLength(stored?.lineCount ?? -1);
  expect(
    reviewed.every((task) =>
      task.artifacts.nodes.some((artifact) => artifact.kind === 'DIFF' && artifact.text?.includes('diff --git')),
    ),
  ).toBe(true);

  const fix = reviewed.find((task) => task.type === 'CODE_CHANGE');
  expect(fix?.diffStats).toEqual({ filesChanged: 1, additions: 1, deletions: 1 });
  const doc = reviewed.find((task) => task.type === 'DOC');
  expect([fix?.priority, fix?.agent?.name, doc?.priority, doc?.agent?.name]).toEqual([1, 'backend', 3, 'docs']);

  await ask(
    `mutation ($input: ApproveTaskInput!) { approveTask(input: $input) { __typename ... on UserError { message } } }`,
    { input: { taskId: fix?.id } },
  );
  await until(board, (tasks) => tasks.find((task) => task.id === fix?.id)?.status === 'DONE', 30_000);
  expect(
    execFileSync(process.execPath, ['--test'], {
      cwd: repository,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] },
    }),
  ).toContain('# fail 0');

  await ask(
    `mutation ($input: SendBackTaskInput!) { sendBackTask(input: $input) { __typename ... on UserError { message } } }`,
    {
      input: { taskId: doc?.id, feedback: 'Say how to run the tests on Windows' },
    },
  );
  const again = await until(
    board,
    (tasks) =>
      tasks.some((task) => task.id === doc?.id && task.status === 'NEEDS_REVIEW' && task.runs.nodes.length === 2),
    60_000,
  );
  const second = again.find((task) => task.id === doc?.id);
  expect(second?.feedback).toBe('Say how to run the tests on Windows');
  expect(git('show', `${second?.runs.nodes[0]?.branch}:CONTRIBUTING.md`)).toContain('Windows');

  const versions = await ask<{ stateVersions: { nodes: { version: number; summary: string }[] } }>(
    `query ($projectId: ID!) { stateVersions(projectId: $projectId, first: 100) { nodes { version summary } } }`,
    { projectId },
  );
  const numbers = versions.stateVersions.nodes.map((version) => version.version);
  expect(numbers).toEqual(numbers.map((_, i) => numbers.length - i));
  // What happens at one go is told in one of them: on a quick machine all of this.
  expect(numbers.length).toBeGreaterThanOrEqual(1);
  for (const { summary } of versions.stateVersions.nodes) expect(summary).toMatch(/^\S.*: \S/);
  await socket.dispose();
}, 120_000);
