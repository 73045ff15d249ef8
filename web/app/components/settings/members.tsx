import { useState } from 'react';
import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import type { MembersQuery, ProjectRole } from '~/graphql/gql/graphql.ts';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import { formText } from '~/lib/form-text.ts';
import { GuardedControls, RefusalNotice } from '../frame/project-rights.tsx';
import { Button } from '../ui/button.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { Field, Input, Select } from '../ui/field.tsx';
import { MorePages } from '../ui/more-pages.tsx';
import { Notice } from '../ui/notice.tsx';
import { PageState } from '../ui/page-state.tsx';
import { SkeletonLines } from '../ui/skeleton.tsx';
import { MemberItem, RoleOptions, type Viewer } from './member-item.tsx';
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
          userId
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
          userId
          email
          isActive
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

type MemberPage = NonNullable<MembersQuery['project']>['members'];

interface MembersProps {
  projectId: string;
  viewer: Viewer;
}

/** Who belongs to the project, and as what. */
export function Members({ projectId, viewer }: MembersProps) {
  const { data, error, refetch } = useMembers(projectId, null);
  const members = data?.project?.members;
  return (
    <SettingsSection
      title="Members"
      text="Who sees this project. Administrators see every project, and may do everything in it."
    >
      {members ? (
        <>
          <RefusalNotice permission="MEMBER_WRITE" />
          <MembersPart projectId={projectId} viewer={viewer} members={members} />
          <GuardedControls permission="MEMBER_WRITE">
            <AddMember projectId={projectId} />
          </GuardedControls>
        </>
      ) : error ? (
        <ErrorState title="The list could not be loaded" message={apiErrorFacts(error).message} onRetry={refetch} />
      ) : (
        <SkeletonLines count={3} label="Loading members" />
      )}
    </SettingsSection>
  );
}

/** No event tells whether an account is active: it is asked again by each page that shows it. */
function useMembers(projectId: string, after: string | null) {
  return useLiveQuery(Members_Query, { projectId, after }, { requestPolicy: 'cache-and-network' });
}

function MembersPart({ projectId, viewer, members }: MembersProps & { members: MemberPage }) {
  return (
    <>
      <SettingsList label="Members">
        {members.nodes.map((member) => (
          <MemberItem key={member.id} member={member} viewer={viewer} />
        ))}
      </SettingsList>
      <MorePages pageInfo={members.pageInfo} label="Show more members">
        {(after) => <MoreMembers projectId={projectId} viewer={viewer} after={after} />}
      </MorePages>
    </>
  );
}

function MoreMembers({ projectId, viewer, after }: MembersProps & { after: string }) {
  const { data, error, refetch } = useMembers(projectId, after);
  return data?.project ? (
    <MembersPart projectId={projectId} viewer={viewer} members={data.project.members} />
  ) : (
    <PageState hasFailed={error !== undefined} label="Loading members" onRetry={refetch} />
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
