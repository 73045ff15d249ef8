import SchemaBuilder from '@pothos/core';
import ErrorsPlugin from '@pothos/plugin-errors';
import PrismaPlugin from '@pothos/plugin-prisma';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import type { ApiContext } from '#api/context.ts';
import type { Actor, RunnerActor, UserActor } from '#core/access/actor.ts';
import { ForbiddenError, UnauthenticatedError } from '#core/errors/errors.ts';
import { getDatamodel } from '#prisma/generated/pothos-types.ts';
import type PrismaTypes from '#prisma/generated/pothos-types.ts';

/**
 * Every root field names who may reach it; the schema does not build otherwise (see schema.ts). What they may
 * see inside is decided in core.
 */
interface AuthScopes {
  public: boolean;
  signedIn: boolean;
  admin: boolean;
  runner: boolean;
}

export const builder = new SchemaBuilder<{
  Context: ApiContext;
  PrismaTypes: PrismaTypes;
  AuthScopes: AuthScopes;
  DefaultFieldNullability: false;
  DefaultInputFieldRequiredness: false;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date | string };
    JSON: { Input: unknown; Output: unknown };
    File: { Input: File; Output: never };
  };
}>({
  plugins: [ErrorsPlugin, ScopeAuthPlugin, PrismaPlugin],
  defaultFieldNullability: false,
  errors: {
    directResult: true,
    defaultTypes: [],
    defaultUnionOptions: {
      name: ({ fieldName }) => `${fieldName.charAt(0).toUpperCase()}${fieldName.slice(1)}Result`,
      description: 'What was done, or the error that a caller can expect.',
    },
  },
  prisma: {
    client: (context) => context.core.db,
    dmmf: getDatamodel(),
    exposeDescriptions: false,
    filterConnectionTotalCount: false,
  },
  scopeAuth: {
    // Otherwise who may not follow is told with the first event, and follows until then.
    authorizeOnSubscribe: true,
    authScopes: ({ actor }) => ({
      public: true,
      signedIn: actor?.kind === 'user',
      admin: actor?.kind === 'user' && actor.isAdmin,
      runner: actor?.kind === 'runner',
    }),
    unauthorizedError: (_parent, { actor }) =>
      actor ? new ForbiddenError('This token may not do this.') : new UnauthenticatedError(),
  },
});

builder.queryType({
  description: 'What can be read. Every list is bounded; long ones are connections with keyset cursors.',
});
builder.mutationType({
  description:
    'What can be changed. Each answers with a union of its payload and the errors a caller can expect; all errors implement UserError.',
});
builder.subscriptionType({
  description:
    'What can be followed. `projectEvents` carries everything a dashboard needs; the others are narrow and typed.',
});

/** The actor of a field whose auth scope lets nobody anonymous through. */
export function actorOf(context: ApiContext): Actor {
  if (!context.actor) throw new UnauthenticatedError();
  return context.actor;
}
export function userOf(context: ApiContext): UserActor {
  if (context.actor?.kind !== 'user') throw new UnauthenticatedError();
  return context.actor;
}
export function runnerOf(context: ApiContext): RunnerActor {
  if (context.actor?.kind !== 'runner') throw new UnauthenticatedError();
  return context.actor;
}
