import { useNavigate } from '@remix-run/react';
import { useState } from 'react';
import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import type { MembersQuery, ProjectRole } from '~/graphql/gql/graphql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { GuardedControls } from '../frame/project-rights.tsx';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { Select } from '../ui/field.tsx';
import { showToast } from '../ui/toast-store.ts';

const UpdateMembership_Mutation = graphql(`
  mutation UpdateMembership($input: UpdateMembershipInput!) {
    updateMembership(input: $input) {
      __typename
      ... on UpdateMembershipPayload {
        member {
          id
          role
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

const RemoveMembership_Mutation = graphql(`
  mutation RemoveMembership($input: RemoveMembershipInput!) {
    removeMembership(input: $input) {
      __typename
      ... on RemoveMembershipPayload {
        membershipId
        projectId
      }
      ...MutationFailure_UserError
    }
  }
`);

const ROLES: Record<ProjectRole, string> = {
  VIEWER: 'Viewer: looks',
  MAINTAINER: 'Maintainer: looks and works',
  OWNER: 'Owner: decides about the project',
};

/** Who looks at the page. */
export interface Viewer {
  id: string;
  isAdmin: boolean;
}

type Member = NonNullable<MembersQuery['project']>['members']['nodes'][number];

/** One member, and what an owner can do about him. */
export function MemberItem({ member, viewer }: { member: Member; viewer: Viewer }) {
  const [updating, updateMembership] = useMutation(UpdateMembership_Mutation);
  const [removing, removeMembership] = useMutation(RemoveMembership_Mutation);
  const [asked, ask] = useState<'remove' | ProjectRole | null>(null);
  const navigate = useNavigate();
  // An administrator needs no membership: he can undo what he does to his own.
  const isOwn = member.userId === viewer.id && !viewer.isAdmin;
  const change = async (role: ProjectRole): Promise<void> => {
    const failure = mutationFailure(await updateMembership({ input: { membershipId: member.id, role } }));
    ask(null);
    if (failure) showToast({ kind: 'error', text: failure });
  };
  const remove = async (): Promise<void> => {
    const failure = mutationFailure(await removeMembership({ input: { membershipId: member.id } }));
    ask(null);
    showToast(failure ? { kind: 'error', text: failure } : { kind: 'info', text: `Removed ${member.email}` });
    if (failure === null && isOwn) navigate('/projects', { replace: true });
  };
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-2.5">
      <p className="title-wrap min-w-0 grow basis-48 font-medium">{member.email}</p>
      {member.isActive ? null : <Badge>Inactive</Badge>}
      <GuardedControls permission="MEMBER_WRITE" className="flex min-w-0 items-center gap-2 max-sm:w-full">
        <Select
          aria-label={`Role of ${member.email}`}
          value={member.role}
          disabled={updating.fetching}
          onChange={(event) => {
            const role = event.target.value as ProjectRole;
            if (isOwn && member.role === 'OWNER') ask(role);
            else void change(role);
          }}
          className="w-auto! min-w-0 max-sm:grow"
        >
          <RoleOptions />
        </Select>
        <Button size="sm" variant="ghost" onClick={() => ask('remove')}>
          Remove<span className="sr-only"> {member.email}</span>
        </Button>
      </GuardedControls>
      <ConfirmDialog
        isOpen={asked === 'remove'}
        onClose={() => ask(null)}
        title={isOwn ? 'Leave this project?' : `Remove ${member.email}?`}
        text={
          isOwn
            ? 'You see nothing more of it, and can not come back by yourself: another owner would have to add you again. Your tasks, and what you did, stay.'
            : 'They see nothing more of this project, and what they follow of it ends at once. Their tasks, and what they did, stay.'
        }
        confirmLabel={isOwn ? 'Leave project' : 'Remove member'}
        isDanger
        isBusy={removing.fetching}
        onConfirm={() => void remove()}
      />
      <ConfirmDialog
        isOpen={asked !== null && asked !== 'remove'}
        onClose={() => ask(null)}
        title="Give up being an owner?"
        text="You can not make yourself one again: another owner would have to."
        confirmLabel="Give it up"
        isDanger
        isBusy={updating.fetching}
        onConfirm={() => (asked === null || asked === 'remove' ? undefined : void change(asked))}
      />
    </li>
  );
}

export function RoleOptions() {
  return (
    <>
      {Object.entries(ROLES).map(([role, words]) => (
        <option key={role} value={role}>
          {words}
        </option>
      ))}
    </>
  );
}
