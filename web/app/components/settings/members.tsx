import { useState } from 'react';
import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import type { MembersQuery, ProjectRole } from '~/graphql/gql/graphql.ts';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import { formText } from '~/lib/form-text.ts';
import { Guarded } from '../frame/project-rights.tsx';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { Field, Input, Select } from '../ui/field.tsx';
import { MorePages } from '../ui/more-pages.tsx';
import { Notice } from '../ui/notice.tsx';
import { PageState } from '../ui/page-state.tsx';
import { SkeletonLines } from '../ui/skeleton.tsx';
import { showToast } from '../ui/toast-store.ts';
import { SettingsList, SettingsSection } from './settings-section.tsx';

const Members_Query = graphql(`
  query Members($projectId: ID!, $after: String) {
    project(id: $projectId) {
      id
      revision
      members(first: 100, after: $after) {
        nodes {
          id
          role
          email
          isActive
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

const CreateMembership_Mutation = graphql(`
  mutation CreateMembership($input: CreateMembershipInput!) {
    createMembership(input: $input) {
      __typename
      ... on CreateMembershipPayload {
        member {
          id
          role
          email
          isActive
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

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

/** Who belongs to the project, and as what. */
export function Members({ projectId }: { projectId: string }) {
  const { data, error, refetch } = useLiveQuery(Members_Query, { projectId, after: null });
  const members = data?.project?.members;
  return (
    <SettingsSection
      title="Members"
      text="Who sees this project. Administrators see every project, and may do everything in it."
    >
      {members ? (
        <Guarded permission="MEMBER_WRITE">
          <MembersPart projectId={projectId} members={members} />
          <AddMember projectId={projectId} />
        </Guarded>
      ) : error ? (
        <ErrorState title="The list could not be loaded" message={apiErrorFacts(error).message} onRetry={refetch} />
      ) : (
        <SkeletonLines count={3} label="Loading members" />
      )}
    </SettingsSection>
  );
}

type MemberPage = NonNullable<MembersQuery['project']>['members'];

function MembersPart({ projectId, members }: { projectId: string; members: MemberPage }) {
  return (
    <>
      <SettingsList label="Members">
        {members.nodes.map((member) => (
          <MemberItem key={member.id} member={member} />
        ))}
      </SettingsList>
      <MorePages pageInfo={members.pageInfo} label="Show more members">
        {(after) => <MoreMembers projectId={projectId} after={after} />}
      </MorePages>
    </>
  );
}

function MoreMembers({ projectId, after }: { projectId: string; after: string }) {
  const { data, error, refetch } = useLiveQuery(Members_Query, { projectId, after });
  return data?.project ? (
    <MembersPart projectId={projectId} members={data.project.members} />
  ) : (
    <PageState hasFailed={error !== undefined} label="Loading members" onRetry={refetch} />
  );
}

function MemberItem({ member }: { member: MemberPage['nodes'][number] }) {
  const [updating, updateMembership] = useMutation(UpdateMembership_Mutation);
  const [removing, removeMembership] = useMutation(RemoveMembership_Mutation);
  const change = async (role: ProjectRole): Promise<void> => {
    const failure = mutationFailure(await updateMembership({ input: { membershipId: member.id, role } }));
    if (failure) showToast({ kind: 'error', text: failure });
  };
  const remove = async (): Promise<void> => {
    const failure = mutationFailure(await removeMembership({ input: { membershipId: member.id } }));
    showToast(failure ? { kind: 'error', text: failure } : { kind: 'info', text: `Removed ${member.email}` });
  };
  return (
    <li className="flex flex-wrap items-center gap-3 px-4 py-2.5">
      <p className="title-wrap min-w-0 flex-1 font-medium">{member.email}</p>
      {member.isActive ? null : <Badge>Inactive</Badge>}
      <Select
        aria-label={`Role of ${member.email}`}
        value={member.role}
        disabled={updating.fetching}
        onChange={(event) => void change(event.target.value as ProjectRole)}
        className="w-auto!"
      >
        <RoleOptions />
      </Select>
      <Button size="sm" variant="ghost" isBusy={removing.fetching} onClick={() => void remove()}>
        Remove<span className="sr-only"> {member.email}</span>
      </Button>
    </li>
  );
}

function AddMember({ projectId }: { projectId: string }) {
  const [{ fetching }, createMembership] = useMutation(CreateMembership_Mutation);
  const [failure, setFailure] = useState<string | null>(null);
  const submit = async (form: HTMLFormElement): Promise<void> => {
    const fields = new FormData(form);
    const role = formText(fields, 'role') as ProjectRole;
    const refused = mutationFailure(
      await createMembership({ input: { projectId, email: formText(fields, 'email'), role } }),
    );
    setFailure(refused);
    if (!refused) form.reset();
  };
  return (
    <form
      className="mt-4 flex flex-wrap items-end gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void submit(event.currentTarget);
      }}
    >
      {failure ? (
        <Notice kind="error" role="alert" className="w-full">
          {failure}
        </Notice>
      ) : null}
      <Field label="Email" className="min-w-56 flex-1">
        <Input name="email" type="email" required autoComplete="off" />
      </Field>
      <Field label="Role">
        <Select name="role" defaultValue="MAINTAINER">
          <RoleOptions />
        </Select>
      </Field>
      <Button type="submit" size="lg" isBusy={fetching}>
        Add member
      </Button>
    </form>
  );
}

function RoleOptions() {
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
