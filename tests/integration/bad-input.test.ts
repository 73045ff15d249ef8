import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildSchema } from '#api/schema/schema.ts';
import { newId } from '#core/platform/ids.ts';
import type { Agent, Project, Task } from '#prisma/generated/client/client.ts';
import { post } from '#tests/kit/graphql-client.ts';
import type { GraphqlAnswer } from '#tests/kit/graphql-client.ts';
import { runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import type { HeldRun } from '#tests/kit/runs.ts';
import { leavesOf, rootFields, variablesOf, withValueAt } from '#tests/kit/schema-walk.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

let system: TestSystem;
let url: string;
let admin: { token: string; userId: string };
let project: Project;
let agent: Agent;
let task: Task;
let held: HeldRun;
let runnerToken: string;
let conversationId: string;
beforeAll(async () => {
  system = await startTestSystem();
  const seed = seeder(system.core);
  ({ url } = await system.startApi());
  const user = await seed.user({ isAdmin: true });
  admin = user;
  project = await seed.project(user);
  agent = await seed.agent(project);
  const runner = await seed.runner();
  runnerToken = runner.token;
  task = await scheduledTask(system.core, user, project, agent);
  held = await runnerSide(system.core, runner.actor).claim();
  conversationId = (await system.core.db.conversation.findFirstOrThrow({ where: { projectId: project.id } })).id;
});
afterAll(() => system.close());

const FIELDS = rootFields(buildSchema());
// Sessions are ended and made by these, and a file needs a multipart request: they have tests of their own.
const APART = ['logout', 'login', 'changePassword', 'uploadArtifact'];
const fixtures = (fieldName: string, name: string): unknown =>
  ({
    projectId: project.id,
    projectIds: [project.id],
    taskId: task.id,
    ids: [task.id],
    runId: held.spec.runId,
    agentId: agent.id,
    agentIds: [agent.id],
    conversationId,
    runnerId: newId(),
    id: { project: project.id, task: task.id, run: held.spec.runId, conversation: conversationId }[fieldName],
    leaseToken: held.token,
    after: null,
    before: null,
    last: null,
    orderBy: null,
    email: 'someone@example.test',
    password: 'long enough',
    defaultRepoPath: '/srv/repo',
    first: 10,
  })[name];
const ask = (field: (typeof FIELDS)[number], variables: Record<string, unknown>): Promise<GraphqlAnswer> =>
  post(url, field.operation, variables, field.scopes['runner'] ? runnerToken : admin.token);
const codesOf = (answer: GraphqlAnswer): unknown[] => [
  ...(answer.errors ?? []).map((error) => error.extensions?.['code']),
  ...Object.values(answer.data ?? {})
    .map((value) => (value as { code?: string } | null)?.code)
    .filter(Boolean),
];

describe('every argument of every root field, given something that can not be', () => {
  const BAD: Record<string, unknown[]> = {
    ID: ['not-an-id', '', 'a\0b', '\ud800', '00000000-0000-0000-0000-00000000000', "' or 1=1 --", 'x'.repeat(50_000)],
    String: [
      'a\0b',
      '\ud800',
      '',
      'x'.repeat(50_000),
      'bm90LWEtY3Vyc29y',
      Buffer.from('["a","b"]').toString('base64url'),
      Buffer.from('["x"]').toString('base64url'),
      Buffer.from('[1e99,1e99]').toString('base64url'),
    ],
    Int: [-1, 0, 2 ** 31 - 1, -(2 ** 31)],
    JSON: [null, 1, 'x', [], { 'a\0': 1 }, { a: ['\0'] }, { a: '\udfff' }],
    Boolean: [],
  };
  const known = new Set([
    'UNAUTHENTICATED',
    'FORBIDDEN',
    'NOT_FOUND',
    'BAD_USER_INPUT',
    'CONFLICT',
    'ILLEGAL_TRANSITION',
    'LEASE_LOST',
    'EXPECTED_SEQ',
    'PAYLOAD_TOO_LARGE',
    'QUERY_REJECTED',
  ]);
  test.each(
    FIELDS.filter(
      (field) => field.kind !== 'subscription' && !APART.includes(field.name) && leavesOf(field).length > 0,
    ),
  )('$kind $name answers with an error of the closed set, never with a bug', async (field) => {
    const wrong: unknown[] = [];
    await Promise.all(
      leavesOf(field).flatMap(({ path, typeName }) =>
        (BAD[typeName] ?? []).map(async (value) => {
          const answer = await ask(field, withValueAt(variablesOf(field, fixtures), path, value));
          for (const code of codesOf(answer))
            if (!known.has(String(code))) wrong.push({ path: path.join('.'), value: String(value).slice(0, 40), code });
          if (!answer.data && !answer.errors) wrong.push({ path: path.join('.'), value, answer });
          // What can not be stored is refused, not stored in another form.
          const isUnstorable = typeof value === 'string' && (value.includes('\0') || value === '\ud800');
          if (isUnstorable && codesOf(answer).length === 0 && !isNullAnswer(answer))
            wrong.push({
              path: path.join('.'),
              value: JSON.stringify(value),
              answer: JSON.stringify(answer).slice(0, 200),
            });
        }),
      ),
    );
    expect(wrong).toEqual([]);
  });
  const isNullAnswer = (answer: GraphqlAnswer): boolean =>
    Object.values(answer.data ?? {}).every(
      (value) => value === null || (Array.isArray(value) && value.every((each: { isHeld?: boolean }) => each !== null)),
    );
});

describe('fields and their limits', () => {
  const CREATE =
    'mutation ($input: CreateTaskInput!) { createTask(input: $input) { __typename ... on InvalidInputError { code fields { path message } } } }';
  test.each([
    ['title', ''],
    ['title', '   '],
    ['title', 'x'.repeat(201)],
    ['description', 'x'.repeat(20_001)],
    ['priority', 0],
    ['priority', 6],
    ['acceptanceCriteria', Array.from({ length: 21 }, () => 'x')],
    ['acceptanceCriteria', ['']],
    ['title', 'a\0'],
    ['description', '\udfff'],
  ])('a task whose %s is %j is refused by its path', async (name, value) => {
    const answer = await post(
      url,
      CREATE,
      { input: { projectId: project.id, title: 'ok', [name]: value } },
      admin.token,
    );
    expect(answer.data?.['createTask']).toMatchObject({
      __typename: 'InvalidInputError',
      code: 'BAD_USER_INPUT',
      fields: [{ path: expect.arrayContaining([name]) as string[] }],
    });
  });

  test.each([
    [{ commands: [['x']], shell: true }, 'config.shell'],
    [{ commands: [['x']], limits: { runTimeout: 5 } }, 'config.limits.runTimeout'],
    [{ commands: [] }, 'config.commands'],
    [{ commands: ['rm -rf /'] }, 'config.commands.0'],
    [{ commands: [['x']], env: ['A=B'] }, 'config.env.0'],
    [{ commands: [['x']], repoRoot: 'relative' }, 'config.repoRoot'],
    [{ commands: [['x']], repoRoot: '/elsewhere', allowedRoots: ['/srv'] }, 'config.repoRoot'],
    [{ commands: [['x']], repoRoot: '/srv-evil', allowedRoots: ['/srv'] }, 'config.repoRoot'],
    [{ commands: [['x']], repoRoot: '/srv/../etc', allowedRoots: ['/srv'] }, 'config.repoRoot'],
    [{ commands: [['x']], baseBranch: '--upload-pack=x' }, 'config.baseBranch'],
    [{ commands: [['x']], leaseMs: 1 }, 'config.leaseMs'],
    [{ commands: [['x'], ['y', '-m', '{modell}']] }, 'config.commands.1.2'],
    [{ commands: [['x']], setup: [['y', '--file={taskFile}']] }, 'config.setup.0.1'],
    [{ commands: [['x']], envValues: { LD_PRELOAD: 'x.so' } }, 'config.envValues.LD_PRELOAD'],
    [{ commands: [['x']], envValues: { OPENAI_API_KEY: 'k' } }, 'config.envValues.OPENAI_API_KEY'],
    [null, 'config'],
    ['text', 'config'],
  ])('the agent configuration %j is refused at %s', async (config, path) => {
    const operation =
      'mutation ($input: UpdateAgentInput!) { updateAgent(input: $input) { __typename ... on InvalidInputError { fields { path message } } } }';
    const create =
      'mutation ($input: CreateAgentInput!) { createAgent(input: $input) { __typename ... on InvalidInputError { fields { path message } } } }';
    const answer =
      config === null
        ? await post(url, create, { input: { projectId: project.id, name: 'x', config: 'null' } }, admin.token)
        : await post(url, operation, { input: { agentId: agent.id, config } }, admin.token);
    const result = Object.values(answer.data ?? {})[0] as { __typename: string; fields: { path: string[] }[] };
    expect(result.__typename).toBe('InvalidInputError');
    expect(result.fields.map((field) => field.path.join('.'))).toContain(path);
  });

  test.each([0, 101, -1])('first: %i is refused, everywhere', async (first) => {
    for (const field of FIELDS.filter(
      (each) => each.kind === 'query' && each.field.args.some((arg) => arg.name === 'first'),
    )) {
      expect(codesOf(await ask(field, { ...variablesOf(field, fixtures), first }))).toEqual(['BAD_USER_INPUT']);
    }
  });

  test('a cursor of another list, or of none, is refused', async () => {
    const cursor = (keys: unknown[]): string => Buffer.from(JSON.stringify(keys)).toString('base64url');
    // [1, id] is what projects and tasks give, [1] what state versions give, and what is sorted by name a text:
    // everywhere else they are foreign.
    const own: Record<string, string[]> = {
      projects: ['[1,id]'],
      tasks: ['[1,id]'],
      stateVersions: ['[1]'],
      agents: ['["x"]'],
      runners: ['["x"]'],
      users: ['["x"]'],
      modelPrices: ['["x",id]'],
    };
    const cursors = {
      x: 'x',
      '[]': cursor([]),
      '["x"]': cursor(['x']),
      '[1]': cursor([1]),
      '[1,"x"]': cursor([1, 'x']),
      '[1,id]': cursor([1, newId()]),
      '["x",id]': cursor(['x', newId()]),
      '[1,id,2]': cursor([1, newId(), 2]),
      '[null]': cursor([null]),
      '[{}]': cursor([{ gt: '' }]),
      '[1e300,id]': cursor([1e300, newId()]),
      '[8640000000000001,id]': cursor([8_640_000_000_000_001, newId()]),
    };
    for (const field of FIELDS.filter(
      (each) => each.kind === 'query' && each.field.args.some((arg) => arg.name === 'after'),
    )) {
      for (const [name, after] of Object.entries(cursors)) {
        const codes = codesOf(await ask(field, { ...variablesOf(field, fixtures), after }));
        expect([field.name, name, codes]).toEqual([
          field.name,
          name,
          own[field.name]?.includes(name) ? [] : ['BAD_USER_INPUT'],
        ]);
      }
    }
  });
});

describe('bodies', () => {
  const send = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${admin.token}`, ...headers },
      body,
    });
  test.each([
    '',
    '{',
    'null',
    '[]',
    '1',
    '"x"',
    '{}',
    '{"query":1}',
    '{"query":null}',
    '{"query":""}',
    '{"query":"{"}',
    '{"query":"{ viewer { id } }","variables":1}',
    '{"query":"{ viewer { id } }","variables":"x"}',
    '{"query":"{ viewer { id } }","operationName":"Other"}',
    '[{"query":"{ viewer { id } }"}]',
  ])("the body %s is refused as the caller's mistake", async (body) => {
    const response = await send(body);
    expect(response.status).toBeLessThan(500);
    const answer = (await response.json()) as GraphqlAnswer;
    expect(answer.errors?.length).toBeGreaterThan(0);
    for (const error of answer.errors ?? [])
      expect(['BAD_USER_INPUT', 'QUERY_REJECTED']).toContain(error.extensions?.['code']);
  });

  test('variables that do not fit name the variable', async () => {
    const answer = await post(url, 'query ($id: ID!) { project(id: $id) { id } }', {}, admin.token);
    expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(answer.errors?.[0]?.message).toContain('$id');
  });
});
