import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { verifyPassword } from '#core/access/passwords.ts';
import { authenticate } from '#core/access/sessions.ts';
import { findUserByEmail } from '#core/users/find-user.ts';
import { setUpAdmin } from '#scripts/setup/set-up-admin.ts';
import { PASSWORD, seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

const GIVEN = 'given by environment';

let system: TestSystem;
type Person = Awaited<ReturnType<ReturnType<typeof seeder>['user']>>;
/** Whom the settings name. */
let named: Person;
let other: Person;
beforeAll(async () => {
  system = await startTestSystem();
});
beforeEach(async () => {
  await system.core.db.user.updateMany({ data: { isAdmin: false, isActive: false } });
  const seed = seeder(system.core);
  [other, named] = [await seed.user({ isAdmin: true }), await seed.user({ isAdmin: true })];
});
afterAll(() => system.close());

const change = (person: Person, data: { isAdmin?: boolean; isActive?: boolean }) =>
  system.core.db.user.update({ where: { id: person.userId }, data });
const setUp = (password: string | undefined, email = named.email) => setUpAdmin(system.core, { email, password });
const rowOf = ({ userId }: Person) => system.core.db.user.findUniqueOrThrow({ where: { id: userId } });
const hasPassword = async (person: Person, password: string) =>
  verifyPassword((await rowOf(person)).passwordHash, password);
const record = ({ userId }: { userId: string }) =>
  system.core.db.accessChange.findMany({
    where: { userId },
    orderBy: { id: 'asc' },
    select: { kind: true, before: true, after: true, changedBy: true },
  });

test('a password that is given is the way back in to the account that is named, and ends its sessions', async () => {
  expect(await setUp(GIVEN)).toMatchObject({ user: { id: named.userId }, isNew: false });
  expect(await hasPassword(named, GIVEN)).toBe(true);
  expect(await authenticate(system.core, named.token)).toBeNull();
  expect(await authenticate(system.core, other.token)).toMatchObject({ userId: other.userId });
  const { passwordHash } = await rowOf(named);
  await setUp(GIVEN);
  expect((await rowOf(named)).passwordHash).toBe(passwordHash);
});

test.each([
  ['demoted', { isAdmin: false }],
  ['deactivated', { isActive: false }],
  ['both', { isAdmin: false, isActive: false }],
])('who is named and was %s stays so, and nobody else has the password', async (_name, rights) => {
  await change(named, rights);
  const before = [await rowOf(named), await rowOf(other)];
  expect(await setUp(GIVEN)).toMatchObject({ user: { id: other.userId }, isNew: false });
  expect([await rowOf(named), await rowOf(other)]).toEqual(before);
  expect(await authenticate(system.core, other.token)).toMatchObject({ userId: other.userId });
});

test('an address without an account is given nothing while there is an administrator', async () => {
  expect(await setUp(GIVEN, 'nobody@example.test')).toMatchObject({ isNew: false });
  expect(await findUserByEmail(system.core, 'nobody@example.test')).toBeNull();
  for (const person of [named, other]) expect(await hasPassword(person, PASSWORD)).toBe(true);
});

test('the oldest administrator is no longer told of as one when he can not sign in', async () => {
  await change(other, { isActive: false });
  expect(await setUp(undefined, 'nobody@example.test')).toMatchObject({ user: { id: named.userId } });
});

test.each([GIVEN, undefined])(
  'nobody administers the system any more: who is named does, on record (%s)',
  async (given) => {
    await change(named, { isAdmin: false, isActive: false });
    await change(other, { isActive: false });
    const { user, isNew, password } = await setUp(given);
    expect({ id: user.id, isNew }).toEqual({ id: named.userId, isNew: false });
    expect(user).toMatchObject({ isAdmin: true, isActive: true });
    // Whoever had lost the account does not come back with the password of then.
    expect(await hasPassword(named, given ?? password ?? '')).toBe(true);
    expect(await hasPassword(named, PASSWORD)).toBe(false);
    expect(await rowOf(other)).toMatchObject({ isActive: false });
    const by = { changedBy: 'set-up', before: 'false', after: 'true' };
    // Before them stands that the account was made.
    expect((await record(named)).slice(-2)).toEqual([
      { ...by, kind: 'is_admin' },
      { ...by, kind: 'is_active' },
    ]);
  },
);

test('nobody administers it and nobody is named: an administrator is made, and no other account changes', async () => {
  for (const person of [named, other]) await change(person, { isActive: false });
  const before = await rowOf(other);
  const email = 'made@example.test';
  expect(await setUp(GIVEN, email)).toMatchObject({ user: { email, isAdmin: true }, isNew: true });
  expect(await rowOf(other)).toEqual(before);
});
