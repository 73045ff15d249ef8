import { Plus } from 'lucide-react';
import { useState } from 'react';
import { useMutation } from 'urql';
import { MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS } from '#contract/limits.ts';
import { graphql } from '~/graphql/gql/gql.ts';
import type { PeopleQuery } from '~/graphql/gql/graphql.ts';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import { formText, rawFormText } from '~/lib/form-text.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { Field, Input } from '../ui/field.tsx';
import { MorePages } from '../ui/more-pages.tsx';
import { MutationForm } from '../ui/mutation-form.tsx';
import { PageState } from '../ui/page-state.tsx';
import { SkeletonLines } from '../ui/skeleton.tsx';
import { PersonItem } from './person-item.tsx';
import { SettingsList, SettingsSection } from './settings-section.tsx';

const People_Query = graphql(`
  query People($after: String) {
    users(first: 100, after: $after) {
      nodes {
        id
        email
        isAdmin
        isActive
        createdAt
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

const CreateUser_Mutation = graphql(`
  mutation CreateUser($input: CreateUserInput!) {
    createUser(input: $input) {
      __typename
      ... on CreateUserPayload {
        user {
          id
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

/** Who has an account. For administrators. */
export function People({ viewerId }: { viewerId: string }) {
  const { data, error, refetch } = useLiveQuery(People_Query, { after: null }, { requestPolicy: 'cache-and-network' });
  const [isAdding, setAdding] = useState(false);
  return (
    <SettingsSection
      title="People"
      text="Everybody with an account on this system."
      actions={
        <Button onClick={() => setAdding(true)}>
          <Plus aria-hidden className="size-4" />
          Add person
        </Button>
      }
    >
      {data?.users ? (
        <UsersPart users={data.users} viewerId={viewerId} />
      ) : error ? (
        <ErrorState title="The list could not be loaded" message={apiErrorFacts(error).message} onRetry={refetch} />
      ) : (
        <SkeletonLines count={3} label="Loading people" />
      )}
      <Dialog
        isOpen={isAdding}
        onOpenChange={setAdding}
        title="Add person"
        description="Tell them the password; they can change it after signing in."
      >
        <AddPersonForm onDone={() => setAdding(false)} />
      </Dialog>
    </SettingsSection>
  );
}

type Users = NonNullable<PeopleQuery['users']>;

function UsersPart({ users, viewerId }: { users: Users; viewerId: string }) {
  return (
    <>
      <SettingsList label="People">
        {users.nodes.map((user) => (
          <PersonItem key={user.id} user={user} isViewer={user.id === viewerId} />
        ))}
      </SettingsList>
      <MorePages pageInfo={users.pageInfo} label="Show more people">
        {(after) => <MoreUsers after={after} viewerId={viewerId} />}
      </MorePages>
    </>
  );
}

function MoreUsers({ after, viewerId }: { after: string; viewerId: string }) {
  const { data, error, refetch } = useLiveQuery(People_Query, { after });
  return data?.users ? (
    <UsersPart users={data.users} viewerId={viewerId} />
  ) : (
    <PageState hasFailed={error !== undefined} label="Loading people" onRetry={refetch} />
  );
}

function AddPersonForm({ onDone }: { onDone(): void }) {
  const [, createUser] = useMutation(CreateUser_Mutation);
  const submit = async (fields: FormData): Promise<string | null> => {
    const refused = mutationFailure(
      await createUser({
        input: {
          email: formText(fields, 'email'),
          password: rawFormText(fields, 'password'),
          isAdmin: fields.get('isAdmin') === 'on',
        },
      }),
    );
    if (!refused) onDone();
    return refused;
  };
  return (
    <MutationForm onSubmit={submit} submitLabel="Add person" cancel={{ label: 'Cancel', onClick: onDone }}>
      <Field label="Email">
        <Input name="email" type="email" required autoFocus autoComplete="off" />
      </Field>
      <Field label="Password" hint={`${MIN_PASSWORD_CHARS} to ${MAX_PASSWORD_CHARS} characters`}>
        <Input
          name="password"
          type="text"
          required
          minLength={MIN_PASSWORD_CHARS}
          maxLength={MAX_PASSWORD_CHARS}
          autoComplete="off"
          className="font-mono"
        />
      </Field>
      <label className="flex items-center gap-2 text-dense">
        <input type="checkbox" name="isAdmin" className="size-4 accent-accent" />
        Administrator: manages people, runners and every project
      </label>
    </MutationForm>
  );
}
