import { hashToken } from '#core/access/tokens.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AgentConfig } from '#contract/agent-config.ts';
import type { RunnerActor, UserActor } from '#core/access/actor.ts';
import { SYSTEM } from '#core/access/actor.ts';
import { presetConfig } from '#core/agents/presets.ts';
import { createAgent, updateAgent } from '#core/agents/write-agent.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { createProject } from '#core/projects/create-project.ts';
import { updateProject } from '#core/projects/update-project.ts';
import { grantRepository, revokeRepository } from '#core/repositories/grant-repository.ts';
import { reportRepositories } from '#core/repositories/report-repositories.ts';
import { registerRunner } from '#core/runners/connection.ts';
import { createRunner } from '#core/runners/create-runner.ts';
import { updateRunner } from '#core/runners/update-runner.ts';
import { claimRun } from '#core/runs/claim-run.ts';
import type { Agent, Project } from '#prisma/generated/client/client.ts';
import { collect, openSocket, post } from '#tests/kit/graphql-client.ts';
import { scheduledTask, waitingReasonOf } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { errorOf } from '#tests/kit/until.ts';

let system: TestSystem;
let core: Core;
let admin: UserActor & { token: string };
let stranger: UserActor & { token: string };
let runner: RunnerActor;
let runnerToken: string;
let project: Project;

const SECRET = '/srv/team/repo';
const facts = {
  branch: 'main',
  remoteUrl: null,
  lastCommit: { hash: 'a'.repeat(40), at: '2026-01-01T00:00:00Z', subject: 'Start' },
  isBare: false,
  worktreeOf: null,
};
const tell = (...paths: string[]) =>
  reportRepositories(core, runner, {
    report: { isComplete: true, repositories: paths.map((path) => ({ path, facts })) },
  });
/** Without the grants that the kit's own way would add. */
const configure = (agent: Agent, changes: Partial<AgentConfig>) =>
  core.db.agent.update({ where: { id: agent.id }, data: { configJson: { ...presetConfig('demo'), ...changes } } });
const CONFIG = { commands: [['node', '-e', '1']] };

beforeAll(async () => {
  system = await startTestSystem();
  ({ core } = system);
  [admin, stranger] = [await seeder(core).user({ isAdmin: true }), await seeder(core).user()];
});
afterAll(() => system.close());
beforeEach(async () => {
  await core.db.project.updateMany({ data: { status: 'archived' } });
  await core.db.runner.updateMany({ data: { isEnabled: false, connection: 'offline' } });
  const made = await createRunner(core, SYSTEM('test'), { name: `machine ${newId()}`, capacity: 50 });
  runnerToken = made.token;
  runner = {
    kind: 'runner',
    runnerId: made.runner.id,
    name: made.runner.name,
    allProjects: true,
    projectIds: [],
    tokenHash: hashToken(made.token),
  };
  await tell(SECRET, '/srv/team/open', '/srv/team/open/vendor/nested');
  project = await createProject(core, admin, { name: 'Theirs', defaultRepoPath: SECRET });
  await core.db.runner.update({ where: { id: runner.runnerId }, data: { connection: 'online' } });
});

describe('somebody without a role in the project that uses a repository', () => {
  // As it is, as a folder in it, above it, and in every way of writing it.
  const ATTACKS = [
    SECRET,
    `${SECRET}/`,
    `${SECRET}//`,
    `${SECRET}/.`,
    '/srv//team/repo',
    '/srv/./team/repo',
    `${SECRET}/src`,
    `${SECRET}/.git`,
    '/srv/team',
    '/srv',
    '/',
    '//',
    '/./',
    '/SRV/team/repo',
    '/srv/team/Repo',
    '/srv/team/repo ',
    '/srv/team/repo-evil',
    '/srv/team/repo\u200b',
    '/proc/self/cwd',
    '/nowhere/at/all',
  ];
  const UNREADABLE = [
    `${SECRET}/../repo`,
    '/srv/team/open/../repo',
    '/..',
    'srv/team/repo',
    './srv',
    '~/repo',
    '/srv/team/repo\0',
    '/srv/team\n/repo',
    '',
  ];
  const NOT_GRANTED =
    /^defaultRepoPath: This repository is not granted to the project\. An administrator grants repositories/;

  test.each(ATTACKS)(
    'reaches nothing by naming %j: not with a new project, a changed one, a new agent, or a changed one',
    async (path) => {
      const refused = await errorOf(createProject(core, stranger, { name: 'Mine', defaultRepoPath: path }));
      expect(refused).toMatchObject({ code: 'BAD_USER_INPUT' });
      expect(refused.message).toMatch(NOT_GRANTED);
      const mine = await createProject(core, stranger, { name: 'Mine' });
      const agent = await seeder(core).agent(mine);
      for (const attempt of [
        () => updateProject(core, stranger, { projectId: mine.id, defaultRepoPath: path }),
        () => updateProject(core, stranger, { projectId: mine.id, defaultRepoPath: path, runnerId: runner.runnerId }),
        () => createAgent(core, stranger, { projectId: mine.id, name: 'evil', config: { ...CONFIG, repoRoot: path } }),
        () =>
          createAgent(core, stranger, {
            projectId: mine.id,
            name: 'evil',
            config: { ...CONFIG, repoRoot: path, inPlace: true },
          }),
        () => updateAgent(core, stranger, { agentId: agent.id, config: { ...CONFIG, repoRoot: path } }),
        () =>
          updateAgent(core, stranger, {
            agentId: agent.id,
            config: { ...CONFIG, repoRoot: path, inPlace: true, allowedRoots: ['/'] },
          }),
      ]) {
        const error = await errorOf(attempt());
        expect([error.code, error.message]).toEqual([
          'BAD_USER_INPUT',
          expect.stringContaining('This repository is not granted to the project.'),
        ]);
      }
      await scheduledTask(core, stranger, mine, agent);
      expect(await claimRun(core, runner)).toBeNull();
    },
  );

  test.each(UNREADABLE)('nor with %j, which is no path', async (path) => {
    expect(await errorOf(createProject(core, stranger, { name: 'Mine', defaultRepoPath: path }))).toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    const mine = await createProject(core, stranger, { name: 'Mine' });
    expect(await errorOf(updateProject(core, stranger, { projectId: mine.id, defaultRepoPath: path }))).toMatchObject({
      code: 'BAD_USER_INPUT',
    });
    expect(
      await errorOf(
        createAgent(core, stranger, { projectId: mine.id, name: 'evil', config: { ...CONFIG, repoRoot: path } }),
      ),
    ).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  test.each([
    SECRET,
    `${SECRET}/`,
    `${SECRET}/src`,
    '/srv/team/repo/../repo',
    '/',
    '/srv/team',
    '/srv/team/open/../repo',
  ])('is given no run on %j even when it stands in the database', async (path) => {
    const mine = await createProject(core, stranger, { name: 'Mine' });
    const agent = await seeder(core).agent(mine);
    await core.db.project.update({ where: { id: mine.id }, data: { defaultRepoPath: path } });
    const task = await scheduledTask(core, stranger, mine, agent);
    expect(await claimRun(core, runner)).toBeNull();
    expect(await waitingReasonOf(core, task)).toBe(`No runner has the repository ${path} granted.`);
  });

  test('learns nothing of what is on the machine', async () => {
    const answers = await Promise.all(
      [SECRET, '/srv/team/open', '/nowhere'].map((path) =>
        errorOf(createProject(core, stranger, { name: 'Mine', defaultRepoPath: path })),
      ),
    );
    expect(new Set(answers.map(({ message }) => message)).size).toBe(1);
    const { url } = await system.startApi();
    const listed = await post(url, '{ repositories { path } }', {}, stranger.token);
    expect(listed).toEqual({ data: { repositories: [] } });
    const check = await post(
      url,
      `mutation { checkRepository(input: { runnerId: "${runner.runnerId}", path: "${SECRET}" }) { ... on UserError { code } } }`,
      {},
      stranger.token,
    );
    expect(check.data?.['checkRepository']).toEqual({ code: 'FORBIDDEN' });
    for (const query of [`{ runner(id: "${runner.runnerId}") { repositories { path } } }`]) {
      expect((await post(url, query, {}, stranger.token)).errors).toMatchObject([
        { extensions: { code: 'FORBIDDEN' } },
      ]);
    }
    expect(
      await errorOf(
        grantRepository(core, stranger, { runnerId: runner.runnerId, path: SECRET, projectId: project.id }),
      ),
    ).toMatchObject({ code: 'FORBIDDEN' });
    expect(
      await errorOf(
        revokeRepository(core, stranger, { runnerId: runner.runnerId, path: SECRET, projectId: project.id }),
      ),
    ).toMatchObject({ code: 'FORBIDDEN' });
  });

  test('with a repository of his own does not come from there into another one', async () => {
    const mine = await createProject(core, stranger, { name: 'Mine' });
    await grantRepository(core, admin, { runnerId: runner.runnerId, path: '/srv/team/open', projectId: mine.id });
    for (const path of [
      SECRET,
      '/srv/team/open-evil',
      '/srv/team',
      '/srv/team/open/vendor/nested',
      '/srv/team/open/vendor/nested/src',
      '/srv/team/open/../repo',
    ]) {
      expect(await errorOf(updateProject(core, stranger, { projectId: mine.id, defaultRepoPath: path }))).toMatchObject(
        { code: 'BAD_USER_INPUT' },
      );
    }
    const changed = await updateProject(core, stranger, {
      projectId: mine.id,
      defaultRepoPath: '/srv/team/open//packages/./web/',
    });
    expect(changed.defaultRepoPath).toBe('/srv/team/open/packages/web');
    await scheduledTask(core, stranger, mine, await seeder(core).agent(mine));
    expect((await claimRun(core, runner))?.spec).toMatchObject({
      repoRoot: '/srv/team/open/packages/web',
      grantedRoot: '/srv/team/open',
    });
  });
});

describe('a grant', () => {
  test('is made by an administrator who chooses the repository, with who and when', async () => {
    expect(await core.db.repositoryGrant.findMany({ where: { projectId: project.id } })).toMatchObject([
      { path: SECRET, runnerId: runner.runnerId, grantedByUserId: admin.userId, revokedAt: null },
    ]);
    const agent = await createAgent(core, admin, {
      projectId: project.id,
      name: 'other',
      config: { ...CONFIG, repoRoot: '/srv/team/open' },
    });
    expect(agent.configJson).toMatchObject({ repoRoot: '/srv/team/open' });
    await scheduledTask(core, admin, project, agent);
    expect((await claimRun(core, runner))?.spec).toMatchObject({
      repoRoot: '/srv/team/open',
      grantedRoot: '/srv/team/open',
    });
  });

  test('to every project lets anybody choose it, and shows it to them', async () => {
    await grantRepository(core, admin, { runnerId: runner.runnerId, path: '/srv/team/open', projectId: null });
    const { url } = await system.startApi();
    const listed = await post(
      url,
      '{ repositories { path runnerName isGranted facts { branch lastCommitSubject } } }',
      {},
      stranger.token,
    );
    expect(listed.data).toEqual({
      repositories: [
        {
          path: '/srv/team/open',
          runnerName: runner.name,
          isGranted: true,
          facts: { branch: 'main', lastCommitSubject: 'Start' },
        },
      ],
    });
    const mine = await createProject(core, stranger, { name: 'Mine', defaultRepoPath: '/srv/team/open' });
    await scheduledTask(core, stranger, mine, await seeder(core).agent(mine));
    expect((await claimRun(core, runner))?.spec.repoRoot).toBe('/srv/team/open');
  });

  test('holds on its runner only', async () => {
    const made = await createRunner(core, SYSTEM('test'), { name: 'other machine' });
    await scheduledTask(core, admin, project, await seeder(core).agent(project));
    expect(await claimRun(core, { ...runner, runnerId: made.runner.id, name: 'other machine' })).toBeNull();
    expect(await claimRun(core, runner)).not.toBeNull();
  });

  test('taken back: runs that work go on, new ones wait and say why, and it can be granted again', async () => {
    const agent = await seeder(core).agent(project);
    await configure(agent, { concurrency: 10 });
    const first = await scheduledTask(core, admin, project, agent);
    const claimId = newId();
    const held = await claimRun(core, runner, claimId);
    const second = await scheduledTask(core, admin, project, agent);
    await revokeRepository(core, admin, { runnerId: runner.runnerId, path: SECRET, projectId: project.id });
    expect(await claimRun(core, runner)).toBeNull();
    // Nor is the order given out once more to a runner that says it never came.
    expect(await claimRun(core, runner, claimId)).toBeNull();
    expect(await waitingReasonOf(core, second)).toBe(`No runner has the repository ${SECRET} granted.`);
    expect((await core.db.agentRun.findUniqueOrThrow({ where: { id: held?.spec.runId ?? '' } })).status).toBe(
      'started',
    );
    expect((await core.db.task.findUniqueOrThrow({ where: { id: first.id } })).status).toBe('in_progress');
    expect(await core.db.repositoryGrant.findMany({ where: { projectId: project.id } })).toMatchObject([
      { revokedByUserId: admin.userId, revokedAt: expect.any(Date) as Date },
    ]);

    await grantRepository(core, admin, { runnerId: runner.runnerId, path: SECRET, projectId: project.id });
    expect(await waitingReasonOf(core, second)).toBeNull();
    expect((await claimRun(core, runner))?.spec.taskId).toBe(second.id);
  });

  test('to a project that the runner does not serve yet makes it serve it, and tells the runner', async () => {
    const { url } = await system.startApi();
    await updateRunner(core, admin, { runnerId: runner.runnerId, projectIds: [] });
    const socket = openSocket(url, runnerToken);
    const heard = collect<{ type: string }>(socket, 'subscription { runnerCommands { type } }', {});
    await heard.until((commands) => commands.length >= 1);
    const before = heard.items.length;
    await grantRepository(core, admin, { runnerId: runner.runnerId, path: '/srv/team/open', projectId: project.id });
    await heard.until((commands) => commands.slice(before).some(({ type }) => type === 'WORK'));
    expect(await core.db.runnerProject.findMany({ where: { runnerId: runner.runnerId } })).toMatchObject([
      { projectId: project.id },
    ]);
    await socket.dispose();
  });

  test('needs a repository that the runner has told of', async () => {
    for (const path of ['/srv/unknown', `${SECRET}/src`, '/']) {
      expect(
        await errorOf(grantRepository(core, admin, { runnerId: runner.runnerId, path, projectId: project.id })),
      ).toMatchObject({ code: 'BAD_USER_INPUT' });
    }
    await tell('/srv/team/open');
    expect(
      await errorOf(grantRepository(core, admin, { runnerId: runner.runnerId, path: SECRET, projectId: null })),
    ).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe('what a runner says of itself', () => {
  const claimFor = async (labels: string[]) => {
    const agent = await seeder(core).agent(project);
    await configure(agent, { labels });
    await scheduledTask(core, admin, project, agent);
    return claimRun(core, runner);
  };

  test('labels are only asked for: an administrator grants them', async () => {
    await registerRunner(core, runner, { version: '1', labels: ['cloud', 'gpu'], capacity: 4 });
    expect(await core.db.runner.findUniqueOrThrow({ where: { id: runner.runnerId } })).toMatchObject({
      labels: [],
      advertisedLabels: ['cloud', 'gpu'],
    });
    expect(await claimFor(['gpu'])).toBeNull();
    await updateRunner(core, admin, { runnerId: runner.runnerId, labels: ['gpu'] });
    await registerRunner(core, runner, { version: '1', labels: ['cloud'], capacity: 4 });
    expect(await claimRun(core, runner)).not.toBeNull();
    expect(await errorOf(updateRunner(core, stranger, { runnerId: runner.runnerId, labels: ['cloud'] }))).toMatchObject(
      { code: 'FORBIDDEN' },
    );
  });

  test('it takes as many runs as it says, at most as many as it may', async () => {
    const capacityAfter = async (capacity: number) =>
      (await registerRunner(core, runner, { version: '1', labels: [], capacity })).capacity;
    expect([await capacityAfter(100), await capacityAfter(3)]).toEqual([50, 3]);
    expect((await updateRunner(core, admin, { runnerId: runner.runnerId, capacity: 2 })).capacity).toBe(2);
    expect(await capacityAfter(100)).toBe(2);
    expect((await updateRunner(core, admin, { runnerId: runner.runnerId, capacity: null })).capacity).toBe(100);
  });

  test('why its runs are not sandboxed stands on it and on each run it takes', async () => {
    await registerRunner(core, runner, {
      version: '1',
      labels: [],
      capacity: 4,
      sandboxNote: 'not sandboxed: no bubblewrap',
    });
    const held = await claimFor([]);
    await registerRunner(core, runner, { version: '1', labels: [], capacity: 4, sandboxNote: null });
    expect(await core.db.agentRun.findUniqueOrThrow({ where: { id: held?.spec.runId ?? '' } })).toMatchObject({
      sandboxNote: 'not sandboxed: no bubblewrap',
    });
    expect(await core.db.runner.findUniqueOrThrow({ where: { id: runner.runnerId } })).toMatchObject({
      sandboxNote: null,
    });
  });

  test.each([
    [
      'too many',
      { isComplete: true, repositories: Array.from({ length: 501 }, (_, i) => ({ path: `/r/${i}`, facts })) },
    ],
    ['a relative path', { isComplete: true, repositories: [{ path: 'r', facts }] }],
    [
      'an endless branch',
      { isComplete: true, repositories: [{ path: '/r', facts: { ...facts, branch: 'x'.repeat(251) } }] },
    ],
    ['an unknown key', { isComplete: true, repositories: [], grant: true }],
    [
      'half a surrogate pair',
      { isComplete: true, repositories: [{ path: '/r', facts: { ...facts, branch: '\ud800' } }] },
    ],
  ])('a report with %s is refused whole', async (_name, report) => {
    expect(await errorOf(reportRepositories(core, runner, { report }))).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(await core.db.runnerRepository.count({ where: { runnerId: runner.runnerId, goneAt: null } })).toBe(3);
  });
});
