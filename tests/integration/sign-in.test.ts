import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SYSTEM } from '#core/access/actor.ts';
import type { UserActor } from '#core/access/actor.ts';
import { authenticate, signIn } from '#core/access/sessions.ts';
import { LOGIN_ATTEMPTS_AN_ACCOUNT, LOGIN_ATTEMPTS_AN_ADDRESS, LOGIN_FREE_ATTEMPTS } from '#core/config/limits.ts';
import { changePassword } from '#core/users/change-password.ts';
import { createUser } from '#core/users/create-user.ts';
import { findUserByEmail } from '#core/users/find-user.ts';
import { updateUser } from '#core/users/update-user.ts';
import { post } from '#tests/kit/graphql-client.ts';
import type { GraphqlAnswer } from '#tests/kit/graphql-client.ts';
import { PASSWORD, seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { until } from '#tests/kit/until.ts';

let system: TestSystem;
let url: string;
let user: UserActor & { token: string };
let patterns = 0;
beforeAll(async () => {
  system = await startTestSystem();
  ({ url } = await system.startApi());
});
beforeEach(async () => {
  user = await seeder(system.core).user();
});
afterAll(() => system.close());

const refusalOf = (answer: GraphqlAnswer) =>
  answer.data?.['login'] as { code?: string; retryAfterMs?: number } | null | undefined;
const errorsOf = (answer: GraphqlAnswer): unknown[] => [
  ...(answer.errors ?? []).map((error) => error.extensions?.['code']),
  ...[refusalOf(answer)?.code].filter((code) => code !== undefined),
];

describe('signing in', () => {
  const login = (email: string, password: string, address = '203.0.113.1', host = url): Promise<GraphqlAnswer> =>
    fetch(`${host}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
      body: JSON.stringify({
        query:
          'mutation ($input: LoginInput!) { login(input: $input) { __typename ... on LoginPayload { token } ... on RateLimitedError { retryAfterMs } ... on UserError { code } } }',
        variables: { input: { email, password } },
      }),
    }).then((response) => response.json() as Promise<GraphqlAnswer>);

  /** Until Redis answers, a process counts for itself. */
  const connected = async <T extends { url: string }>(started: T): Promise<T> => {
    await until(
      async () => (await (await fetch(`${started.url}/readyz`)).json()) as { redis: boolean },
      (health) => health.redis,
    );
    return started;
  };

  test('answers the same for an unknown address, a wrong password and a disabled account', async () => {
    const disabled = await seeder(system.core).user();
    await system.core.db.user.update({ where: { id: disabled.userId }, data: { isActive: false } });
    const answers = [
      await login('nobody@example.test', PASSWORD, '203.0.113.2'),
      await login(user.email, 'wrong password', '203.0.113.3'),
      await login(disabled.email, PASSWORD, '203.0.113.4'),
    ];
    expect(errorsOf(answers[0] ?? {})).toEqual(['UNAUTHENTICATED']);
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });

  test('takes the address without regard to case and blanks', async () => {
    expect((await login(` ${user.email.toUpperCase()} `, PASSWORD, '203.0.113.5')).data?.['login']).toMatchObject({
      __typename: 'LoginPayload',
    });
  });

  test('nobody is shut out by wrong passwords that others give', async () => {
    const owner = await seeder(system.core).user();
    for (let i = 0; i < 3 * LOGIN_FREE_ATTEMPTS; i += 1)
      await login(owner.email, 'wrong password', `198.51.100.${100 + (i % 3)}`);
    expect(errorsOf(await login(owner.email, PASSWORD, '198.51.100.150'))).toEqual([]);
  });

  test('from one address to one account costs pauses that grow, at every api process, also with the right password', async () => {
    const second = await connected(await system.startApi());
    const address = '198.51.100.98';
    const attempt = (i: number, password = 'wrong password') =>
      login(i % 3 ? user.email : user.email.toUpperCase(), password, address, i % 2 ? url : second.url);
    for (let i = 0; i < LOGIN_FREE_ATTEMPTS; i += 1) expect(errorsOf(await attempt(i))).toEqual(['UNAUTHENTICATED']);
    const waits: number[] = [];
    for (let i = 0; i < 2; i += 1) {
      const refused = await attempt(i, PASSWORD);
      expect(errorsOf(refused)).toEqual(['RATE_LIMITED']);
      const wait = Number(refusalOf(refused)?.retryAfterMs);
      waits.push(wait);
      await sleep(wait + 20);
      if (i === 0) expect(errorsOf(await attempt(i))).toEqual(['UNAUTHENTICATED']);
    }
    expect(waits[0]).toBeLessThanOrEqual(2_000);
    expect(waits[1]).toBeGreaterThan(2_000);
    expect(waits[1]).toBeLessThanOrEqual(4_000);
    // The pause is over: the right password is taken, and what was counted is forgotten.
    expect(errorsOf(await attempt(0, PASSWORD))).toEqual([]);
    expect(errorsOf(await attempt(0))).toEqual(['UNAUTHENTICATED']);
    expect(errorsOf(await attempt(0, PASSWORD))).toEqual([]);
  });

  test('many attempts at once are no way around the pauses', async () => {
    const answers = await Promise.all(
      Array.from({ length: 18 }, () => login(user.email, 'wrong password', '198.51.100.97')),
    );
    const codes = answers.map((answer) => errorsOf(answer)[0]);
    expect(codes.filter((code) => code === 'UNAUTHENTICATED')).toHaveLength(LOGIN_FREE_ATTEMPTS);
    expect(new Set(codes)).toEqual(new Set(['UNAUTHENTICATED', 'RATE_LIMITED']));
  });

  test('to one account is slow from everywhere together, but for where it was signed in to before', async () => {
    const home = '198.51.100.95';
    expect(errorsOf(await login(user.email, PASSWORD, home))).toEqual([]);
    const tries = Array.from({ length: LOGIN_ATTEMPTS_AN_ACCOUNT + 1 }, (_, i) => i);
    const codes = [];
    for (const i of tries) codes.push(errorsOf(await login(user.email, 'wrong password', `10.9.${i}.1`))[0]);
    expect(codes.indexOf('RATE_LIMITED')).toBe(LOGIN_ATTEMPTS_AN_ACCOUNT);
    expect(errorsOf(await login(user.email, PASSWORD, '10.10.0.1'))).toEqual(['RATE_LIMITED']);
    expect(errorsOf(await login(user.email, PASSWORD, home))).toEqual([]);
  });

  test('from all the addresses of one IPv6 network is from one address', async () => {
    const codes = [];
    for (let i = 0; i <= LOGIN_ATTEMPTS_AN_ADDRESS; i += 1)
      codes.push(
        errorsOf(await login(`v6-${i}@example.test`, 'x', i % 2 ? `2001:db8::${i}` : `2001:db8:0:0:${i}::1`))[0],
      );
    expect(codes.at(-1)).toBe('RATE_LIMITED');
    expect(errorsOf(await login('v6@example.test', 'x', '2001:db8:0:1::1'))).toEqual(['UNAUTHENTICATED']);
  });

  test.each([
    '%',
    '_dmin@example.test',
    'ad%',
    'admin@example.tes_',
    'admin@example%',
    String.raw`admi\n@example.test`,
  ])('takes %s for no pattern', async (email) => {
    const admin = await findUserByEmail(system.core, 'admin@example.test');
    if (!admin)
      await createUser(system.core, SYSTEM('test'), { email: 'Admin@example.test', password: PASSWORD, isAdmin: true });
    patterns += 1;
    expect(errorsOf(await login(email, PASSWORD, `10.11.0.${patterns}`))).toEqual(['UNAUTHENTICATED']);
    expect(errorsOf(await login('ADMIN@example.test', PASSWORD, `10.11.0.${patterns}`))).toEqual([]);
  });

  test('again, to change the password, is limited too', async () => {
    const change = (currentPassword: string) =>
      post(
        url,
        'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { __typename } }',
        { input: { currentPassword, newPassword: 'another long one' } },
        user.token,
      );
    for (let i = 0; i < LOGIN_FREE_ATTEMPTS; i += 1)
      expect((await change('wrong')).data?.['changePassword']).toEqual({ __typename: 'InvalidInputError' });
    expect(errorsOf(await change(PASSWORD))).toEqual(['RATE_LIMITED']);
    expect(errorsOf(await login(user.email, PASSWORD, '10.12.0.1'))).toEqual([]);
  });

  test('of two changes of a password at once one wins, and leaves no session of the other', async () => {
    const { token: other, actor } = await signIn(system.core, {
      email: user.email,
      password: PASSWORD,
      address: '10.12.0.2',
    });
    const input = (newPassword: string) => ({ currentPassword: PASSWORD, newPassword });
    const results = await Promise.allSettled([
      changePassword(system.core, user, input('the first new one')),
      changePassword(system.core, actor, input('the second new one')),
    ]);
    expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected']);
    const sessions = await Promise.all([user.token, other].map((token) => authenticate(system.core, token)));
    expect(sessions.filter((session) => session !== null)).toHaveLength(1);
  });

  test('is limited for an address, over whatever accounts; who proves who he is is not counted', async () => {
    const address = '198.51.100.200';
    for (let i = 0; i < LOGIN_ATTEMPTS_AN_ADDRESS + 5; i += 1)
      expect(errorsOf(await login(user.email, PASSWORD, address))).toEqual([]);
    const answers = [];
    for (let i = 0; i < LOGIN_ATTEMPTS_AN_ADDRESS; i += 1)
      answers.push(errorsOf(await login(`nobody-${i}@example.test`, 'x', address))[0]);
    expect(new Set(answers)).toEqual(new Set(['UNAUTHENTICATED']));
    expect(errorsOf(await login('nobody-x@example.test', 'x', address))).toEqual(['RATE_LIMITED']);
    expect(errorsOf(await login(user.email, PASSWORD, '198.51.100.201'))).toEqual([]);
  });

  test('an address that a client claims for itself is not believed', async () => {
    const strict = await connected(await system.startApi({ trustedProxies: [] }));
    for (let i = 0; i < LOGIN_ATTEMPTS_AN_ADDRESS; i += 1)
      await login(`somebody-${i}@example.test`, 'x', `192.0.2.${i}`, strict.url);
    expect(errorsOf(await login('somebody@example.test', 'x', '192.0.2.250', strict.url))).toEqual(['RATE_LIMITED']);
  });
});

describe('a sign-in in the same moment', () => {
  const lockWaiters = async (): Promise<number> =>
    (
      await system.core.pool.query(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
    ).rowCount ?? 0;
  const login = () => signIn(system.core, { email: user.email, password: PASSWORD, address: '10.12.1.1' });

  /** Lets both come to wait for the account, one behind the other. @returns the sessions that are left to the person */
  async function sessionsAfter(first: () => Promise<unknown>, second: () => Promise<unknown>): Promise<string[]> {
    const other = await system.core.pool.connect();
    try {
      await other.query('begin');
      await other.query('select 1 from users where id = $1 for update', [user.userId]);
      const both = [first().catch((error: unknown) => error)];
      await until(lockWaiters, (count) => count === 1);
      both.push(second().catch((error: unknown) => error));
      await until(lockWaiters, (count) => count === 2);
      await other.query('commit');
      await Promise.all(both);
    } finally {
      other.release(true);
    }
    const sessions = await system.core.db.session.findMany({ where: { userId: user.userId } });
    return sessions.map(({ id }) => id);
  }

  const deactivate = () => updateUser(system.core, SYSTEM('test'), { userId: user.userId, isActive: false });
  const changeOwn = () =>
    changePassword(system.core, user, { currentPassword: PASSWORD, newPassword: 'another long one' });

  test('as a deactivation leaves no session that lives again with the account', async () => {
    await seeder(system.core).user({ isAdmin: true });
    expect(await sessionsAfter(deactivate, login)).toEqual([]);
    await updateUser(system.core, SYSTEM('test'), { userId: user.userId, isActive: true });
    expect(await sessionsAfter(login, deactivate)).toEqual([]);
  });

  test('as a change of the password leaves no session of the old one', async () => {
    expect(await sessionsAfter(changeOwn, login)).toEqual([user.sessionId]);
  });

  test('before a change of the password leaves no session of the old one', async () => {
    expect(await sessionsAfter(login, changeOwn)).toEqual([user.sessionId]);
  });
});
