import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import type { Project, Runner, Task } from '#prisma/generated/client/client.ts';
import { makeRepository } from '#runner/testing/repositories.ts';
import type { TestRepository } from '#runner/testing/repositories.ts';
import { post } from '#tests/kit/graphql-client.ts';
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
let url: string;
let admin: UserActor & { token: string };
let stranger: UserActor & { token: string };
let runner: TestRunner;
let runnerId: string;
let app: TestRepository;
let mono: TestRepository;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'overmind-repositories-')));
  app = makeRepository(at('roots', 'app'));
  mono = makeRepository(at('roots', 'mono'), { 'packages/web/index.js': '1\n' });
  mkdirSync(at('roots', 'plain'));
  makeRepository(at('elsewhere'));
  system = await startTestSystem();
  ({ core } = system);
  ({ url } = await system.startApi());
  const seed = seeder(core);
  [admin, stranger] = [await seed.user({ isAdmin: true }), await seed.user()];
  const made = await seed.runner('machine');
  runnerId = made.runner.id;
  runner = await startTestRunner({ url, token: made.token, roots: [at('roots')] });
}, 60_000);
afterAll(async () => {
  await runner.stop();
  await system.close();
  await rm(folder, { recursive: true, force: true });
});

const at = (...names: string[]): string => path.join(folder, ...names);
const ask = async <T>(query: string, variables: Record<string, unknown> = {}, token = admin.token): Promise<T> => {
  const answer = await post(url, query, variables, token);
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return Object.values(answer.data ?? {})[0] as T;
};
const check = (typed: string) =>
  ask(
    `mutation ($runnerId: ID!, $path: String!) { checkRepository(input: { runnerId: $runnerId, path: $path }) { ... on CheckRepositoryPayload { check { problem message root subfolder facts { branch } } } ... on UserError { code message } } }`,
    { runnerId, path: typed },
  );
const createProject = (defaultRepoPath: string, token = admin.token) =>
  ask<{ project?: { id: string; defaultRepoPath: string }; code?: string; message?: string }>(
    `mutation ($input: CreateProjectInput!) { createProject(input: $input) { ... on CreateProjectPayload { project { id defaultRepoPath } } ... on UserError { code message } } }`,
    { input: { name: 'A project', defaultRepoPath, runnerId } },
    token,
  );
const paths = async (): Promise<string[]> =>
  (await ask<{ path: string }[]>('{ repositories { path } }')).map((repository) => repository.path);
async function runIn(project: Project, user: UserActor, commands: string[][]) {
  const agent = await seeder(core).agent(project);
  await core.db.agent.update({
    where: { id: agent.id },
    data: { configJson: { commands, retry: { maxAttempts: 1 } } },
  });
  const task = await scheduledTask(core, user, project, agent);
  return until(
    () => core.db.agentRun.findFirstOrThrow({ where: { taskId: task.id } }),
    ({ finishedAt }) => finishedAt !== null,
    20_000,
  );
}
const projectOf = (id: string | undefined) => core.db.project.findUniqueOrThrow({ where: { id: id ?? '' } });

test('a runner tells of its repositories when it starts, and again when it is asked', async () => {
  await until(paths, (found) => found.length >= 2);
  expect(await paths()).toEqual([app.root, mono.root]);
  const late = makeRepository(at('roots', 'late'));
  const looked = await ask(
    `mutation ($runnerId: ID!) { lookForRepositories(input: { runnerId: $runnerId }) { __typename ... on UserError { message } } }`,
    { runnerId },
  );
  expect(looked).toEqual({ __typename: 'LookForRepositoriesPayload' });
  expect(await paths()).toEqual([app.root, late.root, mono.root]);
  await rm(late.root, { recursive: true });
  await ask(`mutation ($runnerId: ID!) { lookForRepositories(input: { runnerId: $runnerId }) { __typename } }`, {
    runnerId,
  });
  expect(await paths()).toEqual([app.root, mono.root]);
  expect(await core.db.runner.findUniqueOrThrow({ where: { id: runnerId } })).toSatisfy(
    ({ sandboxNote }: Runner) => sandboxNote === null || sandboxNote.startsWith('not sandboxed: '),
  );
});

test('a typed path is answered at once, in one sentence', async () => {
  expect(await check(app.root)).toEqual({
    check: {
      problem: null,
      message: 'A repository on the branch main.',
      root: app.root,
      subfolder: '',
      facts: { branch: 'main' },
    },
  });
  expect(await check(`${mono.root}//packages/./web/`)).toMatchObject({
    check: { problem: null, root: mono.root, subfolder: 'packages/web' },
  });
  expect(await check(at('roots', 'nothing'))).toMatchObject({
    check: {
      problem: 'MISSING',
      message: `There is no folder ${at('roots', 'nothing')}, or this runner may not look into it.`,
    },
  });
  expect(await check(at('elsewhere'))).toMatchObject({ check: { problem: 'OUTSIDE_ROOTS', root: null } });
  expect(await check(at('roots', 'plain'))).toMatchObject({ check: { problem: 'NOT_A_REPOSITORY' } });
  expect(await check('relative')).toMatchObject({ code: 'BAD_USER_INPUT' });
  expect(await check(`${app.root}/../app`)).toMatchObject({ code: 'BAD_USER_INPUT' });
  expect(await core.db.runnerRequest.count()).toBe(0);
});

test('a new project is made on a repository or a folder in one, and refused elsewhere with what is wrong', async () => {
  expect(await createProject('/does/not/exist')).toMatchObject({
    code: 'BAD_USER_INPUT',
    message: "defaultRepoPath: /does/not/exist is outside the folders that this runner's policy allows.",
  });
  expect(await createProject(at('roots', 'nothing'))).toMatchObject({
    code: 'BAD_USER_INPUT',
    message: expect.stringContaining('There is no folder') as string,
  });
  expect(await createProject(`${mono.root}/packages/none`)).toMatchObject({ code: 'BAD_USER_INPUT' });
  expect(await createProject(at('elsewhere'), stranger.token)).toMatchObject({
    code: 'BAD_USER_INPUT',
    message: expect.stringContaining('not granted') as string,
  });
  const made = await createProject(app.root);
  expect(made.project?.defaultRepoPath).toBe(app.root);
  const run = await runIn(await projectOf(made.project?.id), admin, [program('write-files', '{"new.txt":"new\\n"}')]);
  expect([run.status, run.sandboxNote]).toEqual([
    'completed',
    (await core.db.runner.findUniqueOrThrow({ where: { id: runnerId } })).sandboxNote,
  ]);
  // A link is stored as where it leads.
  symlinkSync(mono.root, at('roots', 'link'));
  const linked = await createProject(at('roots', 'link', 'packages', 'web'));
  expect(linked.project?.defaultRepoPath).toBe(`${mono.root}/packages/web`);
  expect(await core.db.repositoryGrant.findMany({ where: { projectId: linked.project?.id ?? '' } })).toMatchObject([
    { path: mono.root, grantedByUserId: admin.userId },
  ]);
});

test('a link inside of a granted repository does not lead a run into another one', async () => {
  const seed = seeder(core);
  const theirs = await seed.project(stranger, 'Theirs', app.root);
  symlinkSync(mono.root, at('roots', 'app', 'way'));
  await core.db.project.update({ where: { id: theirs.id }, data: { defaultRepoPath: `${app.root}/way` } });
  const run = await runIn(theirs, stranger, [program('write-files', '{"evil.txt":"evil\\n"}')]);
  expect([run.status, run.reason]).toEqual(['failed', 'path_refused']);
  expect(run.message).toBe(`${app.root}/way leads out of ${app.root}, the repository that is granted to the project`);
  expect(mono.git('branch', '--list')).toBe('* main');
  // Nor into one that lies inside, also before the runner has told of it.
  const nested = makeRepository(at('roots', 'app', 'vendor', 'nested'));
  await core.db.project.update({ where: { id: theirs.id }, data: { defaultRepoPath: nested.root } });
  const second = await runIn(theirs, stranger, [program('write-files', '{"evil.txt":"evil\\n"}')]);
  expect([second.status, second.reason]).toEqual(['failed', 'path_refused']);
  await rm(nested.root, { recursive: true });
});

test('work folders are told of, with what became of their tasks, and removed when somebody says so', async () => {
  const made = await createProject(app.root);
  const run = await runIn(await projectOf(made.project?.id), admin, [program('write-files', '{"more.txt":"more\\n"}')]);
  const task: Task = await core.db.task.findUniqueOrThrow({ where: { id: run.taskId ?? '' } });
  const names = ['kept-00000001', 'stuck-00000002'];
  for (const name of names) {
    mkdirSync(path.join(runner.folder, 'work', name), { recursive: true });
    mkdirSync(path.join(runner.folder, 'ledger', name), { recursive: true });
    writeFileSync(path.join(runner.folder, 'work', name, 'a.txt'), 'x'.repeat(10_000));
    writeFileSync(
      path.join(runner.folder, 'ledger', name, 'folder.json'),
      JSON.stringify({
        version: 1,
        name,
        taskId: name.startsWith('kept') ? task.id : newId(),
        projectId: task.projectId,
        title: task.title,
        root: app.root,
        commonDir: path.join(app.root, '.git'),
        path: path.join(runner.folder, 'work', name),
        subfolder: '',
        baseBranch: 'main',
        baseCommit: app.git('rev-parse', 'HEAD'),
        branch: run.branch,
        attempts: 1,
        createdAt: '2026-01-01T00:00:00Z',
        lastUsedAt: '2026-01-02T00:00:00Z',
        lastRunId: run.id,
        state: 'kept',
        keptWhy: 'its task needs review',
        leftOver: [],
      }),
    );
  }
  const remove = (name: string, token = admin.token) =>
    ask(
      `mutation ($runnerId: ID!, $name: String!) { removeWorkFolder(input: { runnerId: $runnerId, name: $name }) { __typename ... on UserError { code message } } }`,
      { runnerId, name },
      token,
    );
  const page = () =>
    ask<{ workFolders: { name: string; sizeBytes: number; taskTitle: string | null; keptWhy: string | null }[] }>(
      `query ($id: ID!) { runner(id: $id) { workFolders { name sizeBytes taskTitle taskStatus isMerged keptWhy problem } } }`,
      { id: runnerId },
    );
  // A run that ends is the occasion to look again.
  await runIn(await projectOf(made.project?.id), admin, [program('exit-with', '0')]);
  const told = await until(page, ({ workFolders }) =>
    names.every((name) => workFolders.some((folder) => folder.name === name)),
  );
  expect(told.workFolders.find(({ name }) => name === 'kept-00000001')).toMatchObject({
    taskTitle: task.title,
    taskStatus: 'NEEDS_REVIEW',
    isMerged: false,
    keptWhy: 'its task needs review',
    problem: null,
  });
  expect(
    told.workFolders.filter(({ name }) => names.includes(name)).every(({ sizeBytes }) => sizeBytes >= 10_000),
  ).toBe(true);
  // Of a task that never ran here, nothing is said.
  expect(told.workFolders.find(({ name }) => name === 'stuck-00000002')?.taskTitle).toBeNull();
  expect(await remove('kept-00000001', stranger.token)).toMatchObject({ code: 'FORBIDDEN' });
  expect(await remove('kept-00000001')).toEqual({ __typename: 'RemoveWorkFolderPayload' });
  expect(await remove('kept-00000001')).toMatchObject({ code: 'NOT_FOUND' });
  expect([
    existsSync(path.join(runner.folder, 'work', 'kept-00000001')),
    existsSync(path.join(runner.folder, 'work', 'stuck-00000002')),
  ]).toEqual([false, true]);
  expect((await page()).workFolders.map(({ name }) => name).filter((name) => names.includes(name))).toEqual([
    'stuck-00000002',
  ]);
});

test('a runner that is not there is said at once', async () => {
  const { runner: absent } = await seeder(core).runner('absent');
  await core.db.runner.update({ where: { id: absent.id }, data: { connection: 'offline' } });
  const answer = await ask(
    `mutation ($runnerId: ID!) { lookForRepositories(input: { runnerId: $runnerId }) { __typename ... on UserError { code message } } }`,
    { runnerId: absent.id },
  );
  expect(answer).toMatchObject({ code: 'CONFLICT', message: 'The runner absent is not online.' });
});
