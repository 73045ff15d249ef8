import { getNamedType, isInputObjectType, isInterfaceType, isIntrospectionType, isObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildSchema } from '#api/schema/schema.ts';
import type { UserActor } from '#core/access/actor.ts';
import { newId } from '#core/platform/ids.ts';
import type { Project, Task } from '#prisma/generated/client/client.ts';
import { collect, openSocket, post } from '#tests/kit/graphql-client.ts';
import type { GraphqlAnswer } from '#tests/kit/graphql-client.ts';
import { runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import type { HeldRun } from '#tests/kit/runs.ts';
import { leavesOf, rootFields, variablesOf } from '#tests/kit/schema-walk.ts';
import type { RootField } from '#tests/kit/schema-walk.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

let system: TestSystem;
let url: string;
let owner: UserActor & { token: string };
let stranger: UserActor & { token: string };
let viewer: UserActor & { token: string };
let runnerToken: string;
let foreignRunnerToken: string;
let project: Project;
let task: Task;
let held: HeldRun;
/** Ids of the owner's project, by the names of arguments. */
let ids: Record<string, string>;
let runnerId: string;
beforeAll(async () => {
  system = await startTestSystem();
  const { core } = system;
  const seed = seeder(core);
  ({ url } = await system.startApi());
  [owner, stranger, viewer] = [await seed.user(), await seed.user(), await seed.user()];
  project = await seed.project(owner, 'Secret project');
  const theirs = await seed.project(stranger, 'Theirs');
  await core.db.projectMember.create({
    data: { id: newId(), projectId: project.id, userId: viewer.userId, role: 'viewer' },
  });
  const agent = await seed.agent(project);
  const runner = await seed.runner(undefined, { projectIds: [project.id] });
  runnerToken = runner.token;
  runnerId = runner.runner.id;
  foreignRunnerToken = (await seed.runner(undefined, { projectIds: [theirs.id] })).token;
  task = await scheduledTask(core, owner, project, agent, { title: 'Secret task' });
  held = await runnerSide(core, runner.actor).claim();
  const conversation = await core.db.conversation.findFirstOrThrow({ where: { projectId: project.id } });
  const recording = await core.db.recording.create({
    data: {
      id: newId(),
      projectId: project.id,
      name: 'Secret',
      storagePath: `${project.id}/recordings/none`,
      mimeType: 'audio/webm',
      transcriptText: 'Secret words',
    },
  });
  ids = {
    recordingId: recording.id,
    recording: recording.id,
    projectId: project.id,
    runnerId,
    taskId: task.id,
    runId: held.spec.runId,
    agentId: agent.id,
    agentIds: agent.id,
    conversationId: conversation.id,
    project: project.id,
    task: task.id,
    run: held.spec.runId,
    conversation: conversation.id,
  };
});
afterAll(() => system.close());

const SCHEMA = buildSchema();
const FIELDS = rootFields(SCHEMA);
const REQUESTS = FIELDS.filter((field) => field.kind !== 'subscription' && field.name !== 'uploadArtifact');
const isPublic = (field: RootField): boolean => field.scopes['public'] === true;
/** The owner's ids, or ids of nothing at all. */
const fixtures =
  (missing: boolean) =>
  (fieldName: string, name: string): unknown => {
    if (name === 'leaseToken') return held.token;
    if (fieldName === 'takeRunInput' && name === 'after') return -1;
    if (name === 'timeoutMs') return 60_000;
    if (['first', 'after', 'last', 'before'].includes(name)) return null;
    if (name === 'defaultRepoPath') return '/srv/repo';
    if (name === 'mimeType') return 'audio/webm';
    if (name === 'streams') return '1';
    if (name === 'entries') return [{ kind: 'message', item: 0, text: 'x' }];
    if (name.endsWith('Commit')) return 'a'.repeat(40);
    if (name === 'config') return { commands: [['true']] };
    if (name === 'result')
      return {
        runId: missing ? newId() : held.spec.runId,
        status: 'failed',
        reason: 'internal',
        message: 'x',
        exitCode: null,
        summary: null,
        metrics: { wallSeconds: 0, cpuSeconds: null, peakMemoryBytes: null, lines: 0 },
        lineCount: 0,
        git: null,
        paths: [],
      };
    const id = ids[name] ?? (name === 'id' ? ids[fieldName] : undefined);
    if (id === undefined) return undefined;
    return name === 'agentIds' ? [missing ? newId() : id] : missing ? newId() : id;
  };
const ask = (field: RootField, missing: boolean, token?: string): Promise<GraphqlAnswer> =>
  post(url, field.operation, variablesOf(field, fixtures(missing)), token);
/** Codes of errors, and of results that are one. */
const codesOf = (answer: GraphqlAnswer): unknown[] => [
  ...(answer.errors ?? []).map((error) => error.extensions?.['code']),
  ...Object.values(answer.data ?? {}).flatMap((value) => (value as { code?: string } | null)?.code ?? []),
];
/** An answer in which no id tells it from another one. */
const withoutIds = (answer: GraphqlAnswer): unknown =>
  JSON.parse(JSON.stringify(answer).replace(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'ID'));
const snapshot = async () => {
  const { db } = system.core;
  const { eventCursor } = await db.project.findUniqueOrThrow({ where: { id: project.id } });
  return {
    eventCursor,
    task: await db.task.findUnique({ where: { id: task.id } }),
    run: await db.agentRun.findUnique({ where: { id: held.spec.runId } }),
    runner: await db.runner.findUnique({ where: { id: runnerId }, select: { isEnabled: true, connection: true } }),
  };
};

describe('the schema', () => {
  test('says of every root field who may reach it', () => {
    for (const field of FIELDS)
      expect([field.name, Object.keys(field.scopes)]).toEqual([
        field.name,
        [expect.stringMatching(/^(public|signedIn|admin|runner)$/)],
      ]);
    expect(
      FIELDS.filter(isPublic)
        .map((field) => field.name)
        .sort(),
    ).toEqual(['health', 'login', 'viewer']);
  });

  test('describes every type, field, argument, input field and enum', () => {
    const silent: string[] = [];
    for (const type of Object.values(SCHEMA.getTypeMap())) {
      if (isIntrospectionType(type) || ['String', 'Int', 'Float', 'Boolean', 'ID'].includes(type.name)) continue;
      if (!type.description) silent.push(type.name);
      if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue;
      for (const field of Object.values(type.getFields())) {
        if (!field.description) silent.push(`${type.name}.${field.name}`);
        if ('args' in field)
          for (const arg of field.args) if (!arg.description) silent.push(`${type.name}.${field.name}(${arg.name})`);
      }
    }
    expect(silent).toEqual([]);
  });

  test('exposes no hash, storage path or password', () => {
    const names = Object.values(SCHEMA.getTypeMap()).flatMap((type) =>
      isObjectType(type) ? Object.keys(type.getFields()).map((field) => `${type.name}.${field}`) : [],
    );
    expect(names.filter((name) => /hash|storagePath|password|leaseToken/i.test(name))).toEqual([
      'ChangePasswordPayload.user',
      'Mutation.changePassword',
      'StateVersion.contentHash',
    ]);
  });
});

describe('somebody who is not signed in', () => {
  test.each(REQUESTS.filter((field) => !isPublic(field)))('is told to sign in by $kind $name', async (field) => {
    const answer = await ask(field, false);
    expect(codesOf(answer)).toEqual(['UNAUTHENTICATED']);
    expect(Object.values(answer.data ?? {}).filter((value) => value !== null)).toEqual([]);
  });

  test('opens no socket', async () => {
    const client = openSocket(url, 'ovm_usr_nobody');
    const followed = collect(client, 'subscription { runnerCommands { type } }', {});
    await expect.poll(followed.ended).toMatchObject({ code: 4403 });
  });
});

describe('a member of another project', () => {
  const reachable = REQUESTS.filter(
    (field) =>
      field.scopes['signedIn'] &&
      leavesOf(field).some(({ path }) =>
        ['projectId', 'taskId', 'runId', 'agentId', 'conversationId', 'recordingId', 'id'].includes(
          String(path.at(-1)),
        ),
      ),
  );
  test.each(reachable)(
    'is answered by $kind $name for a foreign id exactly as for one that is missing',
    async (field) => {
      const before = await snapshot();
      const foreign = await ask(field, false, stranger.token);
      expect(withoutIds(foreign)).toEqual(withoutIds(await ask(field, true, stranger.token)));
      expect(JSON.stringify(foreign)).not.toContain('Secret');
      if (codesOf(foreign).length > 0) expect(codesOf(foreign)).toEqual(['NOT_FOUND']);
      else expect(Object.values(foreign.data ?? {})).toEqual([null]);
      expect(await snapshot()).toEqual(before);
    },
  );

  test.each(REQUESTS.filter((field) => field.scopes['admin'] || field.scopes['runner']))(
    'is refused by $kind $name',
    async (field) => {
      const before = await snapshot();
      expect(codesOf(await ask(field, false, stranger.token))).toEqual(['FORBIDDEN']);
      expect(await snapshot()).toEqual(before);
    },
  );

  test('sees nothing of the project in the lists that name none', async () => {
    const answer = await post(url, '{ projects { nodes { id name } } runners { nodes { name } } }', {}, stranger.token);
    expect(JSON.stringify(answer)).not.toContain('Secret');
    expect(JSON.stringify(answer)).not.toContain(held.runner.name);
    expect(answer.data?.['projects']).toMatchObject({ nodes: [{ name: 'Theirs' }] });
  });

  test('does not learn by moving his own task, agent or file to a foreign one', async () => {
    const theirs = await system.core.db.project.findFirstOrThrow({ where: { name: 'Theirs' } });
    const answer = await post(
      url,
      'mutation ($input: CreateTaskInput!) { createTask(input: $input) { __typename ... on UserError { code } } }',
      { input: { projectId: theirs.id, title: 'x', agentId: ids['agentId'] } },
      stranger.token,
    );
    expect(answer.data?.['createTask']).toMatchObject({ code: 'NOT_FOUND' });
  });

  test.each(['projectEvents(projectId: $id)', 'runLog(runId: $id)', 'runActivity(runId: $id)'])(
    'does not follow %s',
    async (field) => {
      const client = openSocket(url, stranger.token);
      const said: unknown[] = [];
      for (const id of [field.startsWith('run') ? held.spec.runId : project.id, newId(), 'no-id']) {
        const followed = collect(client, `subscription ($id: ID!) { ${field} { __typename } }`, { id });
        await expect.poll(followed.ended).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
        expect(followed.items).toEqual([]);
        said.push(withoutIds({ errors: followed.ended() as never }));
      }
      expect(said[0]).toEqual(said[1]);
      await client.dispose();
    },
  );
});

describe('a viewer of the project', () => {
  test.each(
    REQUESTS.filter(
      (field) =>
        field.kind === 'mutation' &&
        field.scopes['signedIn'] &&
        leavesOf(field).some(({ path }) =>
          ['projectId', 'taskId', 'runId', 'agentId', 'conversationId', 'recordingId'].includes(String(path.at(-1))),
        ),
    ),
  )('may read but not $name', async (field) => {
    const before = await snapshot();
    const answer = await ask(field, false, viewer.token);
    expect(codesOf(answer)).toEqual(['FORBIDDEN']);
    expect(await snapshot()).toEqual(before);
  });

  test('reads what a member reads', async () => {
    const answer = await post(
      url,
      'query ($id: ID!) { task(id: $id) { title project { name } runs { nodes { status runner { name } } } } }',
      { id: task.id },
      viewer.token,
    );
    expect(answer.data?.['task']).toMatchObject({
      title: 'Secret task',
      project: { name: 'Secret project' },
      runs: { nodes: [{ status: 'STARTED' }] },
    });
  });
});

describe('a runner', () => {
  test.each(REQUESTS.filter((field) => !isPublic(field) && !field.scopes['runner']))(
    'is refused by $kind $name',
    async (field) => {
      const before = await snapshot();
      expect(codesOf(await ask(field, false, runnerToken))).toEqual(['FORBIDDEN']);
      expect(await snapshot()).toEqual(before);
    },
  );

  test('is nobody for the public fields', async () => {
    expect(await post(url, '{ viewer { id } }', {}, runnerToken)).toEqual({ data: { viewer: null } });
  });

  test.each(
    REQUESTS.filter(
      (field) => field.scopes['runner'] && leavesOf(field).some(({ path }) => path.at(-1) === 'leaseToken'),
    ),
  )('of another project can do nothing with $name of a run, token known or not', async (field) => {
    const before = await snapshot();
    const foreign = await ask(field, false, foreignRunnerToken);
    expect(withoutIds(foreign)).toEqual(withoutIds(await ask(field, true, foreignRunnerToken)));
    expect(JSON.stringify(foreign)).toMatch(/LEASE_LOST|heartbeatRuns/);
    expect(await snapshot()).toEqual(before);
  });

  test('that was disabled, or whose token was replaced, is refused', async () => {
    const { core } = system;
    const { runner, token } = await seeder(core).runner();
    const claim = () =>
      fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: '{"query":"mutation { claimRun(input: {}) { __typename } }"}',
      });
    expect((await claim()).status).toBe(200);
    await core.db.runner.update({ where: { id: runner.id }, data: { isEnabled: false } });
    expect((await claim()).status).toBe(401);
    await core.db.runner.update({ where: { id: runner.id }, data: { isEnabled: true } });
    await core.db.runnerToken.updateMany({ where: { runnerId: runner.id }, data: { revokedAt: new Date() } });
    expect((await claim()).status).toBe(401);
  });

  test('follows no project, no log and no activity', async () => {
    const client = openSocket(url, runnerToken);
    for (const query of [
      `subscription { projectEvents(projectId: "${project.id}") { type } }`,
      `subscription { runLog(runId: "${held.spec.runId}") { firstSeq } }`,
      `subscription { runActivity(runId: "${held.spec.runId}") { firstSeq } }`,
    ]) {
      const followed = collect(client, query, {});
      await expect.poll(followed.ended).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    }
    await client.dispose();
  });
});

describe('nested fields', () => {
  test('reach no other project: every link between two things stays inside one', () => {
    // The links are the database's; what could leave a project is a link that is not checked when it is written.
    const links = Object.values(SCHEMA.getTypeMap()).flatMap((type) =>
      isObjectType(type) &&
      !isIntrospectionType(type) &&
      !type.name.endsWith('Payload') &&
      !type.name.endsWith('Event') &&
      !['Query', 'Mutation', 'Subscription'].includes(type.name)
        ? Object.values(type.getFields()).flatMap((field) =>
            isObjectType(getNamedType(field.type)) ? [`${type.name}.${field.name}`] : [],
          )
        : [],
    );
    expect(
      links
        .filter((link) => !/(Connection|Edge)\.|FieldIssue|\.fields$|RunLog|RunActivity|\.pageInfo$/.test(link))
        .sort(),
    ).toEqual([
      // Settings of its own.
      'Agent.caps',
      'Agent.project',
      'Agent.spend',
      'AgentCaps.perDay',
      'Artifact.project',
      'Artifact.run',
      'Artifact.task',
      'BoardColumn.tasks',
      'Conversation.messages',
      'Conversation.project',
      'KnownRepository.facts',
      'KnownRepository.grants',
      'Message.relatedTasks',
      'OrchestratorCycle.project',
      'Project.agent',
      'Project.agents',
      'Project.caps',
      'Project.contents',
      'Project.conversations',
      'Project.lastRun',
      'Project.members',
      'Project.retention',
      'Project.spend',
      'Project.viewerRights',
      'ProjectCaps.perDay',
      'ProjectCaps.perTask',
      'ProjectCaps.perTaskDay',
      'ProjectSpend.agents',
      'ProjectSpend.days',
      'ProjectSpend.total',
      // What was heard in it, in itself.
      'Recording.project',
      'Recording.segments',
      'Recording.tasks',
      'RecordingFound.recording',
      'RecordingFound.snippet',
      'Repository.facts',
      'RepositoryCheck.facts',
      'Run.activity',
      'Run.agent',
      'Run.artifacts',
      'Run.logs',
      'Run.messages',
      'Run.openPermission',
      'Run.permissions',
      'Run.project',
      'Run.runner',
      'Run.task',
      'Runner.programs',
      // For administrators only.
      'RunnerPage.repositories',
      'RunnerPage.runner',
      'RunnerPage.workFolders',
      // Sums of its own runs.
      'SpendOfAgent.spend',
      'SpendOfDay.spend',
      // Values that are stored in the version.
      'StateChange.author',
      'StateHumanPart.pinnedActions',
      'StateVersion.authors',
      'StateVersion.changes',
      'StateVersion.createdBy',
      'StateVersion.humanPart',
      'StateVersion.project',
      'Task.agent',
      'Task.artifacts',
      'Task.diffStats',
      'Task.events',
      'Task.followUps',
      'Task.liveRun',
      'Task.parent',
      'Task.project',
      'Task.result',
      'Task.runs',
      'Task.spend',
    ]);
  });
});
