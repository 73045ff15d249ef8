/** Who asks. There is always one: a request without a valid token has no actor and reaches no data. */
export type Actor = UserActor | RunnerActor | SystemActor;

export interface UserActor {
  kind: 'user';
  userId: string;
  email: string;
  isAdmin: boolean;
  sessionId: string;
}

export interface RunnerActor {
  kind: 'runner';
  runnerId: string;
  name: string;
  allProjects: boolean;
  projectIds: string[];
  /** SHA-256 of the token it came with. */
  tokenHash: string;
}

/** Workers and set-up, on nobody's behalf. */
export interface SystemActor {
  kind: 'system';
  name: string;
}

export const SYSTEM = (name: string): SystemActor => ({ kind: 'system', name });

/** How the audit trail names the actor. */
export function describeActor(actor: Actor): Record<string, string> {
  if (actor.kind === 'user') return { kind: 'user', id: actor.userId, name: actor.email };
  if (actor.kind === 'runner') return { kind: 'runner', id: actor.runnerId, name: actor.name };
  return { kind: 'system', name: actor.name };
}

/** By which name people know the actor. */
export function nameOf(actor: Actor): string {
  return actor.kind === 'user' ? actor.email : actor.name;
}

/** The id for `created_by_user_id` columns: null unless a person acts. */
export function userIdOf(actor: Actor): string | null {
  return actor.kind === 'user' ? actor.userId : null;
}
