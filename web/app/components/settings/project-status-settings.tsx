import { useNavigate } from '@remix-run/react';
import { useState } from 'react';
import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { Guarded } from '../frame/project-rights.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog, DialogActions } from '../ui/dialog.tsx';
import { showToast } from '../ui/toast-store.ts';
import { UpdateProject_Mutation } from './project-form.tsx';
import { SettingsSection } from './settings-section.tsx';

export const ProjectStatusSettings_ProjectFragment = graphql(`
  fragment ProjectStatusSettings_Project on Project {
    id
    revision
    name
    status
  }
`);

const ArchiveProject_Mutation = graphql(`
  mutation ArchiveProject($input: ArchiveProjectInput!) {
    archiveProject(input: $input) {
      __typename
      ... on ArchiveProjectPayload {
        project {
          id
          revision
          status
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

/** Pausing, resuming, and putting away. */
export function ProjectStatusSettings({
  project: masked,
}: {
  project: FragmentType<typeof ProjectStatusSettings_ProjectFragment>;
}) {
  const project = readFragment(ProjectStatusSettings_ProjectFragment, masked);
  const [{ fetching }, updateProject] = useMutation(UpdateProject_Mutation);
  const [archiving, archiveProject] = useMutation(ArchiveProject_Mutation);
  const [isAsking, setAsking] = useState(false);
  const navigate = useNavigate();
  const isPaused = project.status === 'PAUSED';
  const setStatus = async (): Promise<void> => {
    const failure = mutationFailure(
      await updateProject({ input: { projectId: project.id, status: isPaused ? 'ACTIVE' : 'PAUSED' } }),
    );
    if (failure) showToast({ kind: 'error', text: failure });
  };
  const archive = async (): Promise<void> => {
    const failure = mutationFailure(await archiveProject({ input: { projectId: project.id } }));
    if (failure) return showToast({ kind: 'error', text: failure });
    navigate('/projects');
  };
  return (
    <SettingsSection
      title="Pause and archive"
      text="Paused, nothing new is started; what runs goes on. Archived, what runs is stopped; the project can still be read, and is hidden from the lists."
    >
      <Guarded permission="PROJECT_WRITE">
        <div className="flex flex-wrap gap-2">
          <Button isBusy={fetching} onClick={() => void setStatus()}>
            {isPaused ? 'Resume project' : 'Pause project'}
          </Button>
          <Button onClick={() => setAsking(true)}>Archive project…</Button>
        </div>
      </Guarded>
      <Dialog
        isOpen={isAsking}
        onOpenChange={setAsking}
        title={`Archive ${project.name}?`}
        description="What runs is stopped, and the tasks it worked on are canceled. Everything can still be read."
      >
        <DialogActions>
          <Button onClick={() => setAsking(false)}>Back</Button>
          <Button variant="danger" isBusy={archiving.fetching} onClick={() => void archive()}>
            Archive project
          </Button>
        </DialogActions>
      </Dialog>
    </SettingsSection>
  );
}
