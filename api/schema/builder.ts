import SchemaBuilder from '@pothos/core';
import ErrorsPlugin from '@pothos/plugin-errors';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin from '@pothos/plugin-scope-auth';
import type { ApiContext } from '#api/context.ts';
import type { Actor, RunnerActor, UserActor } from '#core/access/actor.ts';
import { MAX_PAGE_SIZE } from '#core/config/limits.ts';
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
  DefaultEdgesNullability: { list: false; items: false };
  DefaultNodeNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date | string };
    JSON: { Input: unknown; Output: unknown };
    File: { Input: File; Output: never };
  };
}>({
  plugins: [ErrorsPlugin, ScopeAuthPlugin, PrismaPlugin, RelayPlugin],
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
  // Its connections only: ids are the plain UUIDs, and there is no `node(id)`.
  relay: {
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    edgesFieldOptions: {
      nullable: { list: false, items: false },
      description: 'The page, with a cursor for each.',
    },
    nodeFieldOptions: { nullable: false, description: 'What stands there.' },
    cursorFieldOptions: { description: 'Opaque; give it as `after` or `before` to go on from here.' },
    nodesOnConnection: { description: 'The page without cursors.' },
    pageInfoFieldOptions: { description: 'Whether and how to go on.' },
    pageInfoTypeOptions: { description: 'Where a page of a list begins and ends.' },
    hasNextPageFieldOptions: {
      description: 'Whether there is more after it. Paging backward: whether `before` was given.',
    },
    hasPreviousPageFieldOptions: {
      description: 'Whether there is more before it. Paging forward: whether `after` was given.',
    },
    startCursorFieldOptions: { description: 'Give this as `before` to go back; null for an empty page.' },
    endCursorFieldOptions: { description: 'Give this as `after` to go on; null for an empty page.' },
    firstArgOptions: { description: `How many from the start, at most ${MAX_PAGE_SIZE}; 50 if not given.` },
    afterArgOptions: { description: 'Cursor to go on behind.' },
    lastArgOptions: { description: `How many from the end, at most ${MAX_PAGE_SIZE}; instead of \`first\`.` },
    beforeArgOptions: { description: 'Cursor to end before.' },
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

/** The description of `revision`, which everything has that changes while somebody looks. */
export const REVISION =
  'Grows with every change: of two answers about the same thing the one with the greater revision is the newer.';

/** For signatures that take or give references of this schema. */
export type SchemaTypes = typeof builder extends PothosSchemaTypes.SchemaBuilder<infer Types> ? Types : never;

builder.queryType({
  description:
    'What can be read. Every list is bounded; what can grow is a connection with keyset cursors. What is missing, or not yours, is null with an error NOT_FOUND, and leaves the other fields as they are.',
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
