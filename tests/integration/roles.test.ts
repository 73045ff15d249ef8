import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildSchema } from '#api/schema/schema.ts';
import type { UserActor } from '#core/access/actor.ts';
import { newToken } from '#core/access/tokens.ts';
import { newId } from '#core/platform/ids.ts';
import { sendMessage } from '#core/conversations/send-message.ts';
import { rebuildStateDocument } from '#core/state/rebuild-state.ts';
import { messages } from '#tests/kit/activity.ts';
import { collect, openSocket, post } from '#tests/kit/graphql-client.ts';
import type { GraphqlAnswer } from '#tests/kit/graphql-client.ts';
import { makeLive, runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import { rootFields, variablesOf } from '#tests/kit/schema-walk.ts';
import type { RootField } from '#tests/kit/schema-walk.ts';
import { PASSWORD, TEST_REPOSITORY, seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { until } from '#tests/kit/until.ts';
import { WHO_MAY } from './roles-table.ts';
import type { Outcome } from './roles-table.ts';

/** In the order of the table's columns: least rights first, so that nothing is gone before somebody asks for it. */
const ROLES = ['stranger', 'runner', 'other', 'viewer', 'maintainer', 'owner', 'admin'] as const;
type Role = (typeof ROLES)[number];

let system: TestSystem;
let url: string;
let people: Record<Exclude<Role, 'stranger' | 'runner'>, UserActor>;
beforeAll(async () => {
  system = await startTestSystem();
  const seed = seeder(system.core);
  ({ url } = await system.startApi());
  const person = (isAdmin = false) => seed.user({ isAdmin });
  people = {
    other: await person(),
    viewer: await person(),
    maintainer: await person(),
    owner: await person(),
    admin: await person(true),
  };
  await seed.project(people.other, 'Theirs');
});
afterAll(() => system.close());

interface World {
  ids: Record<string, unknown>;
  tokenOf(role: Role): Promise<string | undefined>;
}

/** A project with one of everything, of its own for each field: what one field does to it is no matter to the next. */
async function makeWorld(): Promise<World> {
  const { core } = system;
  const seed = seeder(core);
  const project = await seed.project(people.owner, `Project ${newId()}`);
  for (const role of ['viewer', 'maintainer'] as const)
    await core.db.projectMember.create({
      data: { id: newId(), projectId: project.id, userId: people[role].userId, role },
    });
  const { id: membershipId } = await core.db.projectMember.findFirstOrThrow({
    where: { projectId: project.id, role: 'maintainer' },
  });
  // Nobody of the table: what is given to him changes no row of it.
  const guest = await seed.user();
  const agent = await seed.agent(project);
  const { runner, token, actor } = await seed.runner(undefined, { projectIds: [project.id] });
  const task = await scheduledTask(core, people.owner, project, agent);
  const side = runnerSide(core, actor);
  const held = await side.claim();
  await side.append(held, 0, ['a line']);
  await side.appendActivity(held, 0, messages(0, 1));
  await makeLive(core, held);
  const permission = await side.ask(held, 'A:1');
  await rebuildStateDocument(core, project.id);
  const conversation = await core.db.conversation.findFirstOrThrow({ where: { projectId: project.id } });
  const message = await sendMessage(core, people.owner, { conversationId: conversation.id, content: 'Thanks' });
  const artifact = await core.db.artifact.create({
    data: {
      id: newId(),
      projectId: project.id,
      taskId: task.id,
      runId: held.spec.runId,
      kind: 'report',
      name: 'report.md',
      mimeType: 'text/markdown',
      size: 1n,
      sha256: 'a'.repeat(64),
      storagePath: 'none',
      metadata: {},
    },
  });
  const recording = await core.db.recording.create({
    data: {
      id: newId(),
      projectId: project.id,
      createdByUserId: people.owner.userId,
      name: 'A thought',
      storagePath: `${project.id}/recordings/none`,
      mimeType: 'audio/webm',
      uploadedAt: new Date(),
      transcriptionStatus: 'completed',
      transcriptText: 'Fix the header',
    },
  });
  return {
    ids: {
      projectId: project.id,
      recordingId: recording.id,
      recording: recording.id,
      mimeType: 'audio/webm',
      projectIds: [project.id],
      runnerId: runner.id,
      taskId: task.id,
      runId: held.spec.runId,
      agentId: agent.id,
      agentIds: [agent.id],
      conversationId: conversation.id,
      leaseToken: held.token,
      messageId: message.id,
      permissionId: permission.id,
      membershipId,
      userId: guest.userId,
      agent: agent.id,
      artifact: artifact.id,
      project: project.id,
      task: task.id,
      run: held.spec.runId,
      conversation: conversation.id,
      runner: runner.id,
      email: people.owner.email,
      password: PASSWORD,
      config: { commands: [['true']] },
      defaultRepoPath: TEST_REPOSITORY,
    },
    async tokenOf(role) {
      if (role === 'stranger') return undefined;
      if (role === 'runner') return token;
      const session = newToken('usr');
      const expiresAt = new Date(Date.now() + 3_600_000);
      await core.db.session.create({
        data: { id: newId(), userId: people[role].userId, tokenHash: session.hash, expiresAt },
      });
      return session.token;
    },
  };
}

async function outcomeOf(field: RootField, world: World, role: Role): Promise<Outcome> {
  const variables = variablesOf(field, (fieldName, name) => {
    if (name === 'after') return field.kind === 'subscription' ? '0' : field.kind === 'mutation' ? -1 : null;
    if (name === 'afterSeq') return -1;
    if (name === 'first' || name === 'last' || name === 'before') return null;
    return world.ids[name] ?? (name === 'id' ? world.ids[fieldName] : undefined);
  });
  const token = await world.tokenOf(role);
  if (field.kind === 'subscription') return followOutcome(field, variables, token);
  const answer =
    field.name === 'uploadArtifact'
      ? await upload(field, variables, token)
      : await post(url, field.operation, variables, token);
  const [code] = [
    ...(answer.errors ?? []).map((error) => error.extensions?.['code']),
    ...Object.values(answer.data ?? {}).flatMap((value) => (value as { code?: string } | null)?.code ?? []),
  ];
  if (
    code === undefined &&
    field.name !== 'viewer' &&
    Object.values(answer.data ?? {}).every((value) => value === null)
  )
    return 'N';
  return toOutcome(code);
}

const OUTCOMES: Record<string, Outcome> = { UNAUTHENTICATED: '-', FORBIDDEN: 'F', NOT_FOUND: 'N' };
const toOutcome = (code: unknown): Outcome => {
  // A bug tells nothing of who may.
  expect(code).not.toBe('INTERNAL');
  return OUTCOMES[String(code)] ?? '+';
};

async function followOutcome(field: RootField, variables: Record<string, unknown>, token = 'nobody'): Promise<Outcome> {
  const client = openSocket(url, token);
  const followed = collect<unknown>(client, field.operation, variables);
  const { ended } = await until(
    () => ({ ended: followed.ended(), count: followed.items.length }),
    (state) => state.ended !== null || state.count > 0,
  );
  followed.unsubscribe();
  await client.dispose();
  if (ended === null) return '+';
  return (ended as { code?: number }).code === 4403
    ? '-'
    : toOutcome((ended as GraphqlAnswer['errors'])?.[0]?.extensions?.['code']);
}

async function upload(field: RootField, variables: Record<string, unknown>, token?: string): Promise<GraphqlAnswer> {
  const form = new FormData();
  const input = { ...(variables['input'] as object), file: null };
  form.set('operations', JSON.stringify({ query: field.operation, variables: { input } }));
  form.set('map', '{"0":["variables.input.file"]}');
  form.set('0', new File(['x'], 'x.txt'));
  const headers: HeadersInit = token ? { authorization: `Bearer ${token}` } : {};
  return (await (await fetch(`${url}/graphql`, { method: 'POST', headers, body: form })).json()) as GraphqlAnswer;
}

const FIELDS = rootFields(buildSchema());
const nameOf = ({ kind, name }: RootField): string => `${kind} ${name}`;

test('the table has a line for each root field of the schema, and for nothing else', () => {
  expect(Object.keys(WHO_MAY).sort()).toEqual(FIELDS.map(nameOf).sort());
});

test.each(FIELDS.map((field) => [nameOf(field), field] as const))(
  '%s is for who the table says',
  async (name, field) => {
    const world = await makeWorld();
    const outcomes: Outcome[] = [];
    for (const role of ROLES) outcomes.push(await outcomeOf(field, world, role));
    expect(outcomes.join(' ')).toBe(WHO_MAY[name]);
  },
);
