import { useState } from 'react';
import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import { Button } from '../ui/button.tsx';
import { Dialog, DialogActions } from '../ui/dialog.tsx';
import { Field, Select } from '../ui/field.tsx';
import { Notice } from '../ui/notice.tsx';

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
      ... on UserError {
        code
        message
      }
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
  const [{ fetching }, grant] = useMutation(GrantRepository_Mutation);
  const [project, setProject] = useState('');
  const [failure, setFailure] = useState<string | null>(null);
  const submit = async (): Promise<void> => {
    const refused = mutationFailure(
      await grant({ input: { runnerId, path, projectId: project === EVERY_PROJECT ? null : project } }),
    );
    if (refused) return setFailure(refused);
    onGranted();
    onClose();
  };
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => (isOpen ? undefined : onClose())}
      title="Grant repository"
      description={<span className="title-wrap font-mono">{path}</span>}
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        {failure ? (
          <Notice kind="error" role="alert">
            {failure}
          </Notice>
        ) : null}
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
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" isBusy={fetching}>
            Grant
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
