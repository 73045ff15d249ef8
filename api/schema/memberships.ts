import { projectScope } from '#core/access/permissions.ts';
import { ConflictError, RateLimitedError } from '#core/errors/errors.ts';
import { createMembership } from '#core/memberships/create-membership.ts';
import { removeMembership } from '#core/memberships/remove-membership.ts';
import { updateMembership } from '#core/memberships/update-membership.ts';
import type { ProjectMember } from '#prisma/generated/client/client.ts';
import { actorOf, builder } from './builder.ts';
import { COMMON_ERRORS } from './errors.ts';
import { MemberType, ProjectRoleEnum } from './member-type.ts';
import { IDEMPOTENCY_KEY, once } from './once.ts';

const MembershipPayload = (name: string, description: string) =>
  builder.objectRef<{ member: ProjectMember }>(name).implement({
    description,
    fields: (t) => ({
      member: t.field({ type: MemberType, description: 'The membership.', resolve: (payload) => payload.member }),
    }),
  });

const CreateMembershipInput = builder.inputType('CreateMembershipInput', {
  description: 'Who is to belong to a project, and as what.',
  fields: (t) => ({
    projectId: t.id({ required: true, description: 'The project.' }),
    email: t.string({ required: true, description: 'The address of somebody with an account.' }),
    role: t.field({ type: ProjectRoleEnum, required: true, description: 'What they are in it.' }),
    idempotencyKey: t.string({ description: IDEMPOTENCY_KEY }),
  }),
});
builder.mutationField('createMembership', (t) =>
  t.field({
    type: MembershipPayload('CreateMembershipPayload', 'They belong to the project now.'),
    nullable: true,
    description: 'Takes somebody with an account into a project (owners only).',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS, ConflictError, RateLimitedError] },
    args: { input: t.arg({ type: CreateMembershipInput, required: true, description: 'Who, and as what.' }) },
    resolve: async (_root, { input }, context) => ({
      member: await once(
        context,
        'createMembership',
        input,
        {
          idOf: (member: ProjectMember) => member.id,
          find: (id) =>
            context.core.db.projectMember.findFirst({ where: { id, project: projectScope(actorOf(context)) } }),
        },
        (core, fields) => createMembership(core, actorOf(context), fields),
      ),
    }),
  }),
);

const UpdateMembershipInput = builder.inputType('UpdateMembershipInput', {
  description: 'Another role for a member.',
  fields: (t) => ({
    membershipId: t.id({ required: true, description: 'The membership.' }),
    role: t.field({ type: ProjectRoleEnum, required: true, description: 'The role from now on.' }),
  }),
});
builder.mutationField('updateMembership', (t) =>
  t.field({
    type: MembershipPayload('UpdateMembershipPayload', 'The member has the role.'),
    nullable: true,
    description: "Changes a member's role (owners only). The last owner who can sign in stays one: ConflictError.",
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: UpdateMembershipInput, required: true, description: 'Whose, and which.' }) },
    resolve: async (_root, { input }, context) => ({
      member: await updateMembership(context.core, actorOf(context), {
        membershipId: input.membershipId,
        role: input.role,
      }),
    }),
  }),
);

const RemovedType = builder.objectRef<ProjectMember>('RemoveMembershipPayload').implement({
  description: 'They see nothing more of the project.',
  fields: (t) => ({
    membershipId: t.exposeID('id', { description: 'The membership that there was.' }),
    projectId: t.exposeID('projectId', { description: 'The project.' }),
    userId: t.exposeID('userId', { description: 'The account, which stays.' }),
  }),
});
const RemoveMembershipInput = builder.inputType('RemoveMembershipInput', {
  description: 'Which membership to end.',
  fields: (t) => ({ membershipId: t.id({ required: true, description: 'The membership.' }) }),
});
builder.mutationField('removeMembership', (t) =>
  t.field({
    type: RemovedType,
    nullable: true,
    description:
      'Takes somebody out of a project (owners only); what they follow of it ends within seconds, and their tasks stay. The last owner who can sign in stays: ConflictError.',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: RemoveMembershipInput, required: true, description: 'Which.' }) },
    resolve: (_root, { input }, context) =>
      removeMembership(context.core, actorOf(context), { membershipId: input.membershipId }),
  }),
);
