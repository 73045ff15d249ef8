import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SYSTEM, type UserActor } from '#core/access/actor.ts';
import { signIn } from '#core/access/sessions.ts';
import { UNKNOWN_ADDRESSES_AN_HOUR } from '#core/config/limits.ts';
import { createMembership } from '#core/memberships/create-membership.ts';
import { removeMembership } from '#core/memberships/remove-membership.ts';
import { updateMembership } from '#core/memberships/update-membership.ts';
import { createProject } from '#core/projects/create-project.ts';
import { createTask } from '#core/tasks/create-task.ts';
import { createUser } from '#core/users/create-user.ts';
import { updateUser } from '#core/users/update-user.ts';
import type { Project } from '#prisma/generated/client/client.ts';
import { collect, openSocket, post } from '#tests/kit/graphql-client.ts';
import { PASSWORD, seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

/** What the design promises of a removal. */
const PROMISED_MS = 5_000;

let system: TestSystem;
let url: string;
let admin: UserActor & { token: string };
let owner: UserActor & { token: string };
let person: UserActor & { token: string };
let project: Project;
beforeAll(async () => {
  system = await startTestSystem();
  ({ url } = await system.startApi());
  admin = await seeder(system.core).user({ isAdmin: true });
});
beforeEach(async () => {
  const seed = seeder(system.core);
  [owner, person] = [await seed.user(), await seed.user()];
  project = await seed.project(owner);
});
afterAll(() => system.close());

const join = (role: 'owner' | 'maintainer' | 'viewer', actor: UserActor = owner) =>
  createMembership(system.core, actor, { projectId: project.id, email: person.email, role });
const membershipOf = ({ userId }: UserActor) =>
  system.core.db.projectMember.findUniqueOrThrow({ where: { projectId_userId: { projectId: project.id, userId } } });
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: { code: string }) => error.code,
  );
/** What was changed of somebody's rights since the account was made. */
const record = async (userId: string) => (await wholeRecord(userId)).filter(({ changedBy }) => changedBy !== 'test');
const wholeRecord = (userId: string) =>
  system.core.db.accessChange.findMany({
    where: { userId },
    orderBy: { id: 'asc' },
    select: { kind: true, before: true, after: true, changedBy: true },
  });
const EVENTS = 'subscription ($id: ID!) { projectEvents(projectId: $id, after: "0") { type patch } }';
const ended = (followed: { ended(): unknown }) => expect.poll(followed.ended, { timeout: PROMISED_MS, interval: 50 });

describe('who belongs to a project', () => {
  test('is taken in by address, given another role, and taken out, each on record and told of', async () => {
    const followed = collect<{ type: string; patch: unknown }>(openSocket(url, owner.token), EVENTS, {
      id: project.id,
    });
    const member = await join('viewer');
    const write = () => createTask(system.core, person, { projectId: project.id, title: 'x' });
    expect(await codeOf(write())).toBe('FORBIDDEN');
    await updateMembership(system.core, owner, { membershipId: member.id, role: 'maintainer' });
    const task = await write();
    await removeMembership(system.core, owner, { membershipId: member.id });
    expect(await codeOf(write())).toBe('NOT_FOUND');
    expect(await system.core.db.task.count({ where: { id: task.id } })).toBe(1);
    const { userId } = person;
    await expect
      .poll(() => followed.items.filter(({ type }) => type.startsWith('project.member.')))
      .toEqual([
        { type: 'project.member.created', patch: { userId, role: 'viewer' } },
        { type: 'project.member.updated', patch: { userId, role: 'maintainer' } },
        { type: 'project.member.deleted', patch: { userId } },
      ]);
    const by = { kind: 'project_role', changedBy: owner.email };
    expect(await record(userId)).toEqual([
      { ...by, before: null, after: 'viewer' },
      { ...by, before: 'viewer', after: 'maintainer' },
      { ...by, before: 'maintainer', after: null },
    ]);
  });

  test('has its first owner on record, and nobody when nobody makes it', async () => {
    const entries = (projectId: string) =>
      system.core.db.accessChange.findMany({
        where: { projectId },
        select: { kind: true, userId: true, email: true, before: true, after: true, changedBy: true },
      });
    const { userId, email } = owner;
    const made = { kind: 'project_role', userId, email, before: null, after: 'owner', changedBy: email };
    expect(await entries(project.id)).toEqual([made]);
    const second = await createProject(system.core, owner, { name: 'Second' });
    expect(await entries(second.id)).toEqual([made]);
    const ofNobody = await createProject(system.core, SYSTEM('test'), { name: 'Of nobody' });
    expect(await entries(ofNobody.id)).toEqual([]);
  });

  test('what somebody follows ends when he is taken out', async () => {
    const member = await join('viewer');
    const followed = collect<unknown>(openSocket(url, person.token), EVENTS, { id: project.id });
    await followed.until((items) => items.length > 0);
    await removeMembership(system.core, owner, { membershipId: member.id });
    await ended(followed).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });

  test('the last owner stays, whoever asks; also of two who take it from each other at once', async () => {
    const own = await membershipOf(owner);
    for (const actor of [owner, admin]) {
      expect(await codeOf(removeMembership(system.core, actor, { membershipId: own.id }))).toBe('CONFLICT');
      expect(await codeOf(updateMembership(system.core, actor, { membershipId: own.id, role: 'viewer' }))).toBe(
        'CONFLICT',
      );
    }
    const other = await join('owner');
    const both = await Promise.all([
      codeOf(updateMembership(system.core, owner, { membershipId: other.id, role: 'viewer' })),
      codeOf(removeMembership(system.core, person, { membershipId: own.id })),
    ]);
    expect(both.filter((code) => code === null)).toHaveLength(1);
    const owners = { projectId: project.id, role: 'owner' } as const;
    expect(await system.core.db.projectMember.count({ where: owners })).toBe(1);
  });

  test('an owner who can not sign in is none to leave a project to', async () => {
    await join('owner');
    await updateUser(system.core, admin, { userId: person.userId, isActive: false });
    const { id: membershipId } = await membershipOf(owner);
    expect(await codeOf(removeMembership(system.core, owner, { membershipId }))).toBe('CONFLICT');
  });

  test('nobody twice, and nobody without an account', async () => {
    await join('viewer');
    expect(await codeOf(join('maintainer'))).toBe('CONFLICT');
    const email = 'nobody@example.test';
    expect(await codeOf(createMembership(system.core, owner, { projectId: project.id, email, role: 'viewer' }))).toBe(
      'BAD_USER_INPUT',
    );
  });

  test('is no way to try addresses: somebody may ask for so many unknown ones an hour, whatever the project', async () => {
    const { id: second } = await createProject(system.core, owner, { name: 'Second' });
    let count = 0;
    const ask = (email: string, token = owner.token) =>
      post(
        url,
        `mutation ($input: CreateMembershipInput!) {
          createMembership(input: $input) { __typename ... on UserError { code } ... on RateLimitedError { retryAfterMs } } }`,
        { input: { projectId: (count += 1) % 2 ? project.id : second, email, role: 'VIEWER' } },
        token,
      ).then(({ data }) => data?.['createMembership']);
    const guess = (token?: string) => ask(`guess-${count}@example.test`, token);
    const wrong = { __typename: 'InvalidInputError', code: 'BAD_USER_INPUT' };
    for (let i = 0; i < UNKNOWN_ADDRESSES_AN_HOUR - 1; i += 1) expect(await guess()).toEqual(wrong);
    // Known ones cost nothing, and take nothing back of the others.
    for (let i = 0; i < 4; i += 1)
      expect(['CreateMembershipPayload', 'ConflictError']).toContain(
        ((await ask(person.email)) as { __typename: string }).__typename,
      );
    expect(await guess()).toEqual(wrong);
    const refused = {
      __typename: 'RateLimitedError',
      code: 'RATE_LIMITED',
      retryAfterMs: expect.any(Number) as number,
    };
    expect(await guess()).toEqual(refused);
    expect(await ask(person.email)).toEqual(refused);
    // Administrators know who has an account.
    expect(await guess(admin.token)).toEqual(wrong);
    expect(await codeOf(createProject(system.core, owner, { name: 'Third' }))).toBeNull();
  });

  test('is not said by who has lost the right to since he came', async () => {
    const other = await seeder(system.core).user({ isAdmin: true });
    const member = await join('viewer', other);
    const { id: membershipId } = member;
    const all = (actor: UserActor) =>
      Promise.all([
        codeOf(createMembership(system.core, actor, { projectId: project.id, email: admin.email, role: 'owner' })),
        codeOf(updateMembership(system.core, actor, { membershipId, role: 'owner' })),
        codeOf(removeMembership(system.core, actor, { membershipId })),
      ]);
    await updateUser(system.core, admin, { userId: other.userId, isAdmin: false });
    expect(await all(other)).toEqual(['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND']);
    // Owner of the project still, but no longer somebody who can sign in.
    await updateMembership(system.core, admin, { membershipId, role: 'owner' });
    await updateUser(system.core, admin, { userId: person.userId, isActive: false });
    expect(await all(person)).toEqual(['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN']);
  });

  test('is for those who may see the project to know', async () => {
    await join('viewer');
    const ask = async (token: string) =>
      (
        await post(
          url,
          'query ($id: ID!) { project(id: $id) { members { nodes { email role isActive } } } }',
          { id: project.id },
          token,
        )
      ).data?.['project'];
    expect(await ask(person.token)).toEqual({
      members: {
        nodes: [
          { email: owner.email, role: 'OWNER', isActive: true },
          { email: person.email, role: 'VIEWER', isActive: true },
        ],
      },
    });
    expect(await ask((await seeder(system.core).user()).token)).toBeNull();
  });
});

test('the record of rights can not be changed', async () => {
  const { pool } = system.core;
  await join('viewer');
  for (const statement of [
    `update access_changes set after = 'owner' where user_id = '${person.userId}'`,
    `delete from access_changes where project_id = '${project.id}'`,
    'truncate access_changes',
  ])
    await expect(pool.query(statement)).rejects.toThrow(/access_changes is append only/);
  expect(await record(person.userId)).toHaveLength(1);
});

describe('an account', () => {
  const change = (userId: string, changes: { isActive?: boolean; isAdmin?: boolean }, actor: UserActor = admin) =>
    updateUser(system.core, actor, { userId, ...changes });
  const login = () => signIn(system.core, { email: person.email, password: PASSWORD, address: '10.9.9.9' });

  test('that is deactivated is signed out everywhere, can not sign in, and keeps its tasks and projects', async () => {
    await join('maintainer');
    const task = await createTask(system.core, person, { projectId: project.id, title: 'x' });
    const followed = collect<unknown>(openSocket(url, person.token), EVENTS, { id: project.id });
    await followed.until((items) => items.length > 0);
    await change(person.userId, { isActive: false });
    await ended(followed).not.toBeNull();
    expect(await codeOf(login())).toBe('UNAUTHENTICATED');
    expect((await post(url, '{ viewer { email } }', {}, person.token)).data?.['viewer'] ?? null).toBeNull();
    expect(await system.core.db.task.count({ where: { id: task.id } })).toBe(1);
    await change(person.userId, { isActive: true });
    // The old session does not come back.
    expect((await post(url, '{ viewer { email } }', {}, person.token)).data?.['viewer'] ?? null).toBeNull();
    expect((await login()).actor.userId).toBe(person.userId);
    expect((await membershipOf(person)).role).toBe('maintainer');
    expect((await record(person.userId)).slice(1)).toEqual([
      { kind: 'is_active', before: 'true', after: 'false', changedBy: admin.email },
      { kind: 'is_active', before: 'false', after: 'true', changedBy: admin.email },
    ]);
  });

  test('of the last administrator stays one that can sign in; also of two who take it from each other at once', async () => {
    for (const changes of [{ isActive: false }, { isAdmin: false }])
      expect(await codeOf(change(admin.userId, changes))).toBe('CONFLICT');
    await change(person.userId, { isAdmin: true });
    const codes = await Promise.all([
      codeOf(change(person.userId, { isAdmin: false }, admin)),
      codeOf(change(admin.userId, { isActive: false }, { ...person, isAdmin: true })),
    ]);
    expect(codes.filter((code) => code === null)).toHaveLength(1);
    expect(await system.core.db.user.count({ where: { isAdmin: true, isActive: true } })).toBe(1);
    await system.core.db.user.update({ where: { id: admin.userId }, data: { isActive: true, isAdmin: true } });
  });

  test('is not changed by who has lost that right since he came', async () => {
    const [first, second] = [
      await seeder(system.core).user({ isAdmin: true }),
      await seeder(system.core).user({ isAdmin: true }),
    ];
    const codes = await Promise.all([
      codeOf(change(first.userId, { isAdmin: false }, second)),
      codeOf(change(second.userId, { isActive: false }, first)),
    ]);
    expect(codes.sort()).toEqual(['FORBIDDEN', null]);
    for (const { userId } of [first, second]) await change(userId, { isAdmin: false });
    expect(await codeOf(change(person.userId, { isAdmin: true }, first))).toBe('FORBIDDEN');
    expect(await codeOf(change(first.userId, { isAdmin: true }, first))).toBe('FORBIDDEN');
  });

  test('can be changed while something is made that refers to it', async () => {
    const client = await system.core.pool.connect();
    try {
      await client.query('begin');
      await client.query('select 1 from users where id = any($1) for key share', [[admin.userId, person.userId]]);
      await change(person.userId, { isAdmin: true });
    } finally {
      await client.query('rollback');
      client.release();
    }
    await change(person.userId, { isAdmin: false });
  });

  test('that is made is on record, with the rights that it has from the start', async () => {
    const make = (isAdmin: boolean) =>
      createUser(system.core, admin, { email: `new-${isAdmin}@example.test`, password: PASSWORD, isAdmin });
    const made = { before: null, after: 'true', changedBy: admin.email };
    expect(await wholeRecord((await make(false)).id)).toEqual([{ kind: 'is_active', ...made }]);
    const { id } = await make(true);
    expect(await wholeRecord(id)).toEqual([
      { kind: 'is_active', ...made },
      { kind: 'is_admin', ...made },
    ]);
    // Of who is refused there is nothing.
    expect(await codeOf(make(true))).toBe('CONFLICT');
    expect(await wholeRecord(id)).toHaveLength(2);
    await system.core.db.user.update({ where: { id }, data: { isAdmin: false } });
  });

  test('is changed by administrators only', async () => {
    expect(await codeOf(change(person.userId, { isActive: false }, owner))).toBe('FORBIDDEN');
    expect(await codeOf(change(project.id, { isActive: false }))).toBe('NOT_FOUND');
  });
});
