import { useState } from 'react';
import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Field, Select } from '../ui/field.tsx';
import { MutationForm } from '../ui/mutation-form.tsx';

const GrantProjects_Query = graphql(`
  query GrantProjects {
    projects(first: 100) {
      nodes {
        id
        revision
        name
      }
    }
  }
`);

const GrantRepository_Mutation = graphql(`
  mutation GrantRepository($input: GrantRepositoryInput!) {
    grantRepository(input: $input) {
      __typename
      ...MutationFailure_UserError
    }
  }
`);

const EVERY_PROJECT = '*';

/** Asks which project may use a repository. */
export function GrantDialog({
  runnerId,
  path,
  onClose,
  onGranted,
}: {
  runnerId: string;
  path: string;
  onClose(): void;
  onGranted(): void;
}) {
  const { data } = useLiveQuery(GrantProjects_Query, {}, { requestPolicy: 'cache-and-network' });
  const [, grant] = useMutation(GrantRepository_Mutation);
  const [project, setProject] = useState('');
  const submit = async (): Promise<string | null> => {
    const refused = mutationFailure(
      await grant({ input: { runnerId, path, projectId: project === EVERY_PROJECT ? null : project } }),
    );
    if (refused) return refused;
    onGranted();
    onClose();
    return null;
  };
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => (isOpen ? undefined : onClose())}
      title="Grant repository"
      description={<span className="title-wrap font-mono">{path}</span>}
    >
      <MutationForm onSubmit={submit} submitLabel="Grant" cancel={{ label: 'Cancel', onClick: onClose }}>
        <Field
          label="To"
          hint={
            project === EVERY_PROJECT
              ? 'Whoever has an account can then have agents work in it.'
              : 'Its agents read the repository and write branches in it.'
          }
        >
          <Select required value={project} onChange={(event) => setProject(event.target.value)}>
            <option value="" disabled>
              Choose a project
            </option>
            {(data?.projects?.nodes ?? []).map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
            <option value={EVERY_PROJECT}>Every project, also those made later</option>
          </Select>
        </Field>
      </MutationForm>
    </Dialog>
  );
}
