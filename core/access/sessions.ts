import { z } from 'zod';
import { SESSION_IDLE_MS, SESSION_MAX_MS } from '#core/config/limits.ts';
import { UnauthenticatedError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import type { Actor, UserActor } from './actor.ts';
import { verifyPassword } from './passwords.ts';
import { hashToken, newToken, tokenKind } from './tokens.ts';
import { limitLogins } from './limit-passwords.ts';
import { findUserByEmail } from '#core/users/find-user.ts';

/** Told when a session has ended or a runner's token was revoked, so that open sockets look at once whether it was theirs. */
export const ENDED_SESSIONS_CHANNEL = 'sessions:ended';

const Credentials = z.object({ email: z.string().max(254), password: z.string().max(1_000) });

export interface SignedIn {
  token: string;
  expiresAt: Date;
  actor: UserActor;
}

/**
 * Signs a person in with a new session. Unknown account and wrong password give the same answer in the same time.
 * @throws UnauthenticatedError, RateLimitedError, InvalidInputError for what no account can have
 */
export async function signIn(
  core: Core,
  input: { email: string; password: string; address: string },
): Promise<SignedIn> {
  const email = parseInput(Credentials, { email: input.email, password: input.password }).email.trim().toLowerCase();
  const attempt = await limitLogins(core, email, input.address);
  const user = await findUserByEmail(core, email);
  const isRight = await verifyPassword(user?.passwordHash ?? null, input.password);
  if (!user || !isRight || !user.isActive) throw new UnauthenticatedError(WRONG);
  const { token, hash } = newToken('usr');
  const { rows } = await core.pool.query<{ id: string; expires_at: Date; is_admin: boolean }>({
    name: 'open_session',
    text: OPEN_SESSION,
    values: [newId(), hash, SESSION_MAX_MS / 1000, user.id, user.passwordHash],
  });
  const session = rows[0];
  if (!session) throw new UnauthenticatedError(WRONG);
  await attempt.forgive();
  return {
    token,
    expiresAt: session.expires_at,
    actor: { kind: 'user', userId: user.id, email: user.email, isAdmin: session.is_admin, sessionId: session.id },
  };
}

const WRONG = 'Email or password is wrong.';

// Whoever deactivates the account or changes its password ends the sessions that are there then. The lock lets him go
// first, or makes him wait until the session is there to be ended; behind him the account is looked at as he left it.
const OPEN_SESSION = `
  with account as (
    select id, is_admin from users where id = $4 and is_active and password_hash = $5 for share
  )
  insert into sessions (id, user_id, token_hash, expires_at)
  select $1, account.id, $2, now() + make_interval(secs => $3) from account
  returning id, expires_at, (select is_admin from account)`;

/** Ends one session and its sockets. Ending one that is gone already is no error. */
export async function signOut(core: Core, actor: UserActor): Promise<void> {
  await core.db.session.deleteMany({ where: { id: actor.sessionId } });
  core.bus.publish(ENDED_SESSIONS_CHANNEL, { ended: actor.sessionId });
}

/** Ends a person's sessions but one, as a change of password does. */
export async function endOtherSessions(core: Core, userId: string, keepSessionId: string | null): Promise<void> {
  await core.db.session.deleteMany({ where: { userId, ...(keepSessionId ? { id: { not: keepSessionId } } : {}) } });
  tellSessionsEnded(core);
}

/** Lets open sockets look whether the session they were opened with is still there. */
export function tellSessionsEnded(core: Core): void {
  core.bus.publish(ENDED_SESSIONS_CHANNEL, { ended: 'others' });
}

/**
 * Finds out who holds a token.
 * @returns null when the token is unknown, ended, revoked, or belongs to somebody disabled
 */
export async function authenticate(core: Core, token: string): Promise<Actor | null> {
  const kind = tokenKind(token);
  if (kind === 'usr') return authenticateUser(core, hashToken(token));
  if (kind === 'run') return authenticateRunner(core, hashToken(token));
  return null;
}

// One statement per request: it finds the session, checks idle and total age by the database's clock, and notes
// the use at most once a minute.
const FIND_SESSION = `
  with found as (
    select s.id, s.last_used_at, u.id as user_id, u.email, u.is_admin
      from sessions s join users u on u.id = s.user_id
     where s.token_hash = $1 and s.expires_at > now() and s.last_used_at > now() - make_interval(secs => $2) and u.is_active
  ), used as (
    update sessions set last_used_at = now() from found where sessions.id = found.id and found.last_used_at < now() - interval '1 minute'
  )
  select id, user_id, email, is_admin from found`;

async function authenticateUser(core: Core, hash: string): Promise<UserActor | null> {
  const { rows } = await core.pool.query<{ id: string; user_id: string; email: string; is_admin: boolean }>({
    name: 'find_session',
    text: FIND_SESSION,
    values: [hash, SESSION_IDLE_MS / 1000],
  });
  const row = rows[0];
  return row ? { kind: 'user', userId: row.user_id, email: row.email, isAdmin: row.is_admin, sessionId: row.id } : null;
}

/** Of runner_tokens `t` and its runners `r`. */
export const RUNNER_TOKEN_HOLDS_SQL =
  't.revoked_at is null and (t.expires_at is null or t.expires_at > now()) and r.is_enabled';

const FIND_RUNNER = `
  select r.id, r.name, r.all_projects, array(select project_id::text from runner_projects p where p.runner_id = r.id) as project_ids
    from runner_tokens t join runners r on r.id = t.runner_id
   where t.token_hash = $1 and ${RUNNER_TOKEN_HOLDS_SQL}`;

async function authenticateRunner(core: Core, hash: string): Promise<Actor | null> {
  const { rows } = await core.pool.query<{ id: string; name: string; all_projects: boolean; project_ids: string[] }>({
    name: 'find_runner',
    text: FIND_RUNNER,
    values: [hash],
  });
  const row = rows[0];
  return row
    ? {
        kind: 'runner',
        runnerId: row.id,
        name: row.name,
        allProjects: row.all_projects,
        projectIds: row.project_ids,
        tokenHash: hash,
      }
    : null;
}

/**
 * Which of these tokens would no longer be let in, for the sockets that were opened with them.
 * @param hashes of session and runner tokens
 */
export async function findEndedTokens(core: Core, hashes: string[]): Promise<string[]> {
  const { rows } = await core.pool.query<{ hash: string }>({
    name: 'find_ended_tokens',
    text: FIND_ENDED,
    values: [hashes, SESSION_IDLE_MS / 1000],
  });
  return rows.map((row) => row.hash);
}

const FIND_ENDED = `
  select asked.hash from unnest($1::text[]) as asked(hash)
   where not exists (select 1 from sessions s join users u on u.id = s.user_id
                      where s.token_hash = asked.hash and s.expires_at > now() and s.last_used_at > now() - make_interval(secs => $2) and u.is_active)
     and not exists (select 1 from runner_tokens t join runners r on r.id = t.runner_id
                      where t.token_hash = asked.hash and t.revoked_at is null and (t.expires_at is null or t.expires_at > now()) and r.is_enabled)`;
