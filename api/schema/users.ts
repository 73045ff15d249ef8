import { changePassword } from '#core/users/change-password.ts';
import { createUser } from '#core/users/create-user.ts';
import { updateUser } from '#core/users/update-user.ts';
import { signIn, signOut } from '#core/access/sessions.ts';
import { ConflictError, ForbiddenError, InvalidInputError, RateLimitedError } from '#core/errors/errors.ts';
import type { User } from '#prisma/generated/client/client.ts';
import { builder, userOf } from './builder.ts';
import { givenFields } from './changes.ts';
import { COMMON_ERRORS } from './errors.ts';
import { connectionOf, readConnection } from './lists/connection.ts';
import { IDEMPOTENCY_KEY, once } from './once.ts';

export const UserType = builder.prismaObject('User', {
  description: 'A person with an account on this system.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7.' }),
    email: t.exposeString('email', { description: 'The address they sign in with.' }),
    isAdmin: t.exposeBoolean('isAdmin', { description: 'May manage people, runners and every project.' }),
    isActive: t.exposeBoolean('isActive', { description: 'False: can not sign in.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the account was made.' }),
  }),
});

builder.queryField('viewer', (t) =>
  t.prismaField({
    type: UserType,
    nullable: true,
    description: 'Who is signed in; null for nobody.',
    authScopes: { public: true },
    resolve: async (query, _root, _args, { core, actor }) =>
      actor?.kind === 'user' ? core.db.user.findUnique({ ...query, where: { id: actor.userId } }) : null,
  }),
);
const UserConnection = connectionOf('User', UserType);
builder.queryField('users', (t) =>
  t.connection(
    {
      type: UserType,
      nullable: true,
      description: 'Everybody with an account, by address (administrators only).',
      authScopes: { admin: true },
      resolve: (_root, page, context, info) =>
        readConnection(context, info, page, {
          typeName: 'User',
          rows: context.core.db.user,
          order: [{ field: 'email', direction: 'asc', kind: 'text' }],
          where: {},
        }),
    },
    UserConnection,
  ),
);

const LoginInput = builder.inputType('LoginInput', {
  description: 'Email and password.',
  fields: (t) => ({
    email: t.string({ required: true, description: "The account's address." }),
    password: t.string({ required: true, description: "The account's password." }),
  }),
});
const LoginPayload = builder.objectRef<{ token: string; expiresAt: Date; user: User }>('LoginPayload').implement({
  description: 'A new session.',
  fields: (t) => ({
    token: t.exposeString('token', { description: 'Send it as `Authorization: Bearer …`. Shown this once.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'When the session ends at the latest; earlier when it is not used.',
    }),
    user: t.field({ type: UserType, description: 'Who signed in.', resolve: (payload) => payload.user }),
  }),
});
builder.mutationField('login', (t) =>
  t.field({
    type: LoginPayload,
    nullable: true,
    description: 'Signs in. One login an operation. Wrong credentials are a GraphQL error UNAUTHENTICATED.',
    authScopes: { public: true },
    errors: { types: [InvalidInputError, RateLimitedError] },
    args: { input: t.arg({ type: LoginInput, required: true, description: 'Email and password.' }) },
    resolve: async (_root, { input }, { core, address }) => {
      const { token, expiresAt, actor } = await signIn(core, { ...input, address });
      return { token, expiresAt, user: await core.db.user.findUniqueOrThrow({ where: { id: actor.userId } }) };
    },
  }),
);
const LogoutPayload = builder.objectRef<{ isSignedOut: boolean }>('LogoutPayload').implement({
  description: 'The session has ended.',
  fields: (t) => ({ isSignedOut: t.exposeBoolean('isSignedOut', { description: 'Always true.' }) }),
});
builder.mutationField('logout', (t) =>
  t.field({
    type: LogoutPayload,
    nullable: true,
    description: 'Ends this session and its sockets.',
    authScopes: { signedIn: true },
    errors: { types: [ForbiddenError] },
    resolve: async (_root, _args, context) => {
      await signOut(context.core, userOf(context));
      return { isSignedOut: true };
    },
  }),
);

const ChangePasswordInput = builder.inputType('ChangePasswordInput', {
  description: 'The old and the new password.',
  fields: (t) => ({
    currentPassword: t.string({ required: true, description: 'The password now.' }),
    newPassword: t.string({ required: true, description: '8 to 200 characters.' }),
  }),
});
const ChangePasswordPayload = builder.objectRef<{ user: User }>('ChangePasswordPayload').implement({
  description: 'The password was changed; every other session has ended.',
  fields: (t) => ({
    user: t.field({ type: UserType, description: 'Whose password it is.', resolve: (payload) => payload.user }),
  }),
});
builder.mutationField('changePassword', (t) =>
  t.field({
    type: ChangePasswordPayload,
    nullable: true,
    description: 'Changes your own password and ends your other sessions.',
    authScopes: { signedIn: true },
    errors: { types: [InvalidInputError] },
    args: { input: t.arg({ type: ChangePasswordInput, required: true, description: 'The old and the new password.' }) },
    resolve: async (_root, { input }, context) => {
      await changePassword(context.core, userOf(context), input);
      return { user: await context.core.db.user.findUniqueOrThrow({ where: { id: userOf(context).userId } }) };
    },
  }),
);

const CreateUserInput = builder.inputType('CreateUserInput', {
  description: 'A new account.',
  fields: (t) => ({
    email: t.string({ required: true, description: 'The address to sign in with.' }),
    password: t.string({ required: true, description: '8 to 200 characters; the person can change it.' }),
    isAdmin: t.boolean({ description: 'May manage people, runners and every project. Default: false.' }),
    idempotencyKey: t.string({ description: IDEMPOTENCY_KEY }),
  }),
});
const CreateUserPayload = builder.objectRef<{ user: User }>('CreateUserPayload').implement({
  description: 'The account was made.',
  fields: (t) => ({
    user: t.field({ type: UserType, description: 'The new account.', resolve: (payload) => payload.user }),
  }),
});
builder.mutationField('createUser', (t) =>
  t.field({
    type: CreateUserPayload,
    nullable: true,
    description: 'Adds a person (administrators only).',
    authScopes: { admin: true },
    errors: { types: [InvalidInputError, ConflictError] },
    args: { input: t.arg({ type: CreateUserInput, required: true, description: 'The account.' }) },
    resolve: async (_root, { input }, context) => ({
      user: await once(
        context,
        'createUser',
        input,
        {
          idOf: (user: User) => user.id,
          find: (id) => context.core.db.user.findUnique({ where: { id } }),
        },
        (core) =>
          createUser(core, userOf(context), {
            email: input.email,
            password: input.password,
            isAdmin: input.isAdmin ?? false,
          }),
        ['password'],
      ),
    }),
  }),
);

const UpdateUserInput = builder.inputType('UpdateUserInput', {
  description: 'What to change of an account; what is not given stays.',
  fields: (t) => ({
    userId: t.id({ required: true, description: 'The account.' }),
    isActive: t.boolean({
      description: 'False: signed out everywhere, and can not sign in. Tasks, projects and what was done stay.',
    }),
    isAdmin: t.boolean({ description: 'Whether they may manage people, runners and every project.' }),
  }),
});
const UpdateUserPayload = builder.objectRef<{ user: User }>('UpdateUserPayload').implement({
  description: 'The account was changed.',
  fields: (t) => ({
    user: t.field({ type: UserType, description: 'As it is now.', resolve: (payload) => payload.user }),
  }),
});
builder.mutationField('updateUser', (t) =>
  t.field({
    type: UpdateUserPayload,
    nullable: true,
    description:
      'Deactivates or activates an account, or changes whether it administers the system (administrators only). The last administrator who can sign in stays one: ConflictError.',
    authScopes: { admin: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: UpdateUserInput, required: true, description: 'The changes.' }) },
    resolve: async (_root, { input }, context) => ({
      user: await updateUser(context.core, userOf(context), givenFields(input)),
    }),
  }),
);
