import { useNavigate } from '@remix-run/react';
import { useState } from 'react';
import { useMutation, useQuery } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { countText } from '~/lib/count-text.ts';
import { Guarded } from '../frame/project-rights.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field, Input } from '../ui/field.tsx';
import { MutationForm } from '../ui/mutation-form.tsx';
import { SkeletonLines } from '../ui/skeleton.tsx';
import { SettingsSection } from './settings-section.tsx';

export const DeleteProject_ProjectFragment = graphql(`
  fragment DeleteProject_Project on Project {
    id
    revision
    name
  }
`);

const ProjectContents_Query = graphql(`
  query ProjectContents($projectId: ID!) {
    project(id: $projectId) {
      id
      revision
      contents {
        taskCount
        runCount
        logLineCount
        artifactCount
      }
    }
  }
`);

const DeleteProject_Mutation = graphql(`
  mutation DeleteProject($input: DeleteProjectInput!) {
    deleteProject(input: $input) {
      __typename
      ... on DeleteProjectPayload {
        deletion {
          id
          entityId
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

/** The way to be rid of a project, with everything in it. */
export function DeleteProject({ project: masked }: { project: FragmentType<typeof DeleteProject_ProjectFragment> }) {
  const project = readFragment(DeleteProject_ProjectFragment, masked);
  const [isAsking, setAsking] = useState(false);
  return (
    <SettingsSection
      title="Delete"
      text="Everything that is kept here about the project goes, for good. Its repository stays as it is, with all that was merged."
    >
      <Guarded permission="PROJECT_DELETE">
        <Button variant="danger" onClick={() => setAsking(true)}>
          Delete project…
        </Button>
      </Guarded>
      <Dialog
        isOpen={isAsking}
        onOpenChange={setAsking}
        title={`Delete ${project.name}?`}
        description="This can not be undone. Who deleted it, and how much there was, stays on record."
      >
        <DeleteForm project={project} onClose={() => setAsking(false)} />
      </Dialog>
    </SettingsSection>
  );
}

function DeleteForm({ project, onClose }: { project: { id: string; name: string }; onClose(): void }) {
  const [, deleteProject] = useMutation(DeleteProject_Mutation);
  const [name, setName] = useState('');
  const navigate = useNavigate();
  const isNamed = name.trim() === project.name;
  const submit = async (): Promise<string | null> => {
    if (!isNamed) return null;
    const refused = mutationFailure(await deleteProject({ input: { projectId: project.id, name: project.name } }));
    if (!refused) navigate('/projects', { replace: true });
    return refused;
  };
  return (
    <MutationForm
      onSubmit={submit}
      submitLabel="Delete project"
      isDanger
      isDisabled={!isNamed}
      cancel={{ label: 'Back', onClick: onClose }}
    >
      <Contents projectId={project.id} />
      <Field label={`Type ${project.name} to confirm`}>
        <Input autoFocus autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />
      </Field>
    </MutationForm>
  );
}

/** What goes, counted now. */
function Contents({ projectId }: { projectId: string }) {
  const [{ data, error }] = useQuery({
    query: ProjectContents_Query,
    variables: { projectId },
    requestPolicy: 'network-only',
  });
  const contents = data?.project?.contents;
  if (error) return <p className="text-dense text-muted">How much there is could not be counted.</p>;
  if (!contents) return <SkeletonLines count={2} label="Counting what there is" />;
  return (
    <ul aria-label="What goes" className="rounded-control bg-active px-3 py-2 text-dense tabular">
      <li>{countText(contents.taskCount, 'task')}, audit trail included</li>
      <li>
        {countText(contents.runCount, 'run')} with {countText(contents.logLineCount, 'line')} of logs and{' '}
        {countText(contents.artifactCount, 'file')}
      </li>
      <li>All conversations, state versions, agents and settings</li>
    </ul>
  );
}
