import { Link } from '@remix-run/react';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { bytesText } from '~/lib/bytes-text.ts';
import { SettingsList, SettingsSection } from '../settings/settings-section.tsx';
import { TaskStatusBadge } from '../tasks/task-status.tsx';
import { Badge } from '../ui/badge.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { Dialog, DialogActions } from '../ui/dialog.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Notice } from '../ui/notice.tsx';
import { RelativeTime } from '../ui/time.tsx';

export const RunnerWorkFolders_Fragment = graphql(`
  fragment RunnerWorkFolders_RunnerPage on RunnerPage {
    id
    workFolders {
      name
      sizeBytes
      repository
      branch
      attempts
      lastUsedAt
      keptWhy
      problem
      taskId
      taskTitle
      taskStatus
      taskHeldBy
      projectId
      projectName
      isLive
      isMerged
    }
  }
`);

const RemoveWorkFolder_Mutation = graphql(`
  mutation RemoveWorkFolder($input: RemoveWorkFolderInput!) {
    removeWorkFolder(input: $input) {
      __typename
      ...MutationFailure_UserError
    }
  }
`);

interface RunnerWorkFoldersProps {
  page: FragmentType<typeof RunnerWorkFolders_Fragment>;
  /** Why it can be asked for nothing now; null: it can. */
  whyAway: string | null;
  onChange(): void;
}

/** The folders of tasks on the runner's disk: what they take, why they are there. */
export function RunnerWorkFolders({ page: masked, whyAway, onChange }: RunnerWorkFoldersProps) {
  const page = readFragment(RunnerWorkFolders_Fragment, masked);
  const [removing, setRemoving] = useState<string | null>(null);
  const total = page.workFolders.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const asked = page.workFolders.find(({ name }) => name === removing);
  return (
    <SettingsSection
      title="Work folders"
      text="Each task has a folder of its own. It goes a day after the task is done, canceled or archived, earlier when all of them take too much room; the runner’s policy sets both."
      actions={
        page.workFolders.length > 0 ? (
          <p className="tabular text-dense text-muted">{`${bytesText(total)} in ${page.workFolders.length}`}</p>
        ) : null
      }
    >
      {whyAway === null || page.workFolders.length === 0 ? null : (
        <p className="mb-3 text-xs text-muted">{`${whyAway}, so folders can not be removed.`}</p>
      )}
      {page.workFolders.length > 0 ? (
        <SettingsList label="Work folders">
          {page.workFolders.map((folder) => (
            <li key={folder.name} className="flex items-start gap-3 px-4 py-3">
              <div className="min-w-0 flex-1">
                <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
                  {folder.taskId && folder.projectId ? (
                    <Link
                      to={`/projects/${folder.projectId}/tasks/${folder.taskId}`}
                      className="title-wrap min-w-0 font-medium hover:underline"
                    >
                      {folder.taskTitle}
                    </Link>
                  ) : (
                    <span className="title-wrap min-w-0 font-medium text-muted">{folder.name}</span>
                  )}
                  {folder.taskStatus ? (
                    <TaskStatusBadge status={folder.taskStatus} heldBy={folder.taskHeldBy} />
                  ) : (
                    <Badge title="No task that ran on this runner">Unknown task</Badge>
                  )}
                  {folder.isMerged ? <Badge>Merged</Badge> : null}
                </p>
                <p className="mt-0.5 truncate text-dense text-muted">
                  <span className="tabular">{bytesText(folder.sizeBytes)}</span>
                  {', used '}
                  <RelativeTime value={folder.lastUsedAt} />
                  {`, ${folder.attempts} ${folder.attempts === 1 ? 'attempt' : 'attempts'}`}
                  {folder.projectName ? `, ${folder.projectName}` : ''}
                </p>
                <p className="truncate font-mono text-xs text-faint" title={folder.branch}>
                  {folder.branch}
                </p>
                {folder.keptWhy ? <p className="title-wrap text-xs text-muted">Kept: {folder.keptWhy}</p> : null}
                {folder.problem ? (
                  <p className="title-wrap text-xs text-failed">Could not be removed: {folder.problem}</p>
                ) : null}
              </div>
              <IconButton
                label={`Remove the folder of ${folder.taskTitle ?? folder.name}`}
                disabled={whyNot(folder, whyAway) !== null}
                title={whyNot(folder, whyAway) ?? 'Remove'}
                onClick={() => setRemoving(folder.name)}
              >
                <Trash2 aria-hidden className="size-4" />
              </IconButton>
            </li>
          ))}
        </SettingsList>
      ) : (
        <EmptyState
          title="No work folders"
          text="The first run of a task makes one."
          className="rounded-box border border-line"
        />
      )}
      {asked ? (
        <RemoveDialog
          runnerId={page.id}
          folder={asked}
          whyNot={whyNot(asked, whyAway)}
          onClose={() => setRemoving(null)}
          onRemoved={onChange}
        />
      ) : null}
    </SettingsSection>
  );
}

/** Why a folder can not be removed now; null: it can. */
function whyNot({ isLive }: { isLive: boolean }, whyAway: string | null): string | null {
  if (whyAway !== null) return `${whyAway}, so it can not be removed`;
  return isLive ? 'A run works in it' : null;
}

interface RemoveDialogProps {
  runnerId: string;
  folder: { name: string; sizeBytes: number; taskTitle: string | null; taskStatus: string | null; isMerged: boolean };
  /** It has gone offline, or a run has begun, while the question stands. */
  whyNot: string | null;
  onClose(): void;
  onRemoved(): void;
}

function RemoveDialog({ runnerId, folder, whyNot: hindrance, onClose, onRemoved }: RemoveDialogProps) {
  const [{ fetching }, remove] = useMutation(RemoveWorkFolder_Mutation);
  const [failure, setFailure] = useState<string | null>(null);
  const isOver = folder.isMerged || folder.taskStatus === 'DONE' || folder.taskStatus === 'CANCELED';
  const confirm = async (): Promise<void> => {
    const refused = mutationFailure(await remove({ input: { runnerId, name: folder.name } }));
    onRemoved();
    if (refused) setFailure(refused);
    else onClose();
  };
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => (isOpen ? undefined : onClose())}
      title="Remove this folder?"
      description={
        isOver
          ? 'What is on branches stays.'
          : 'What is on branches stays. The next attempt starts in a new folder, without what was left in this one.'
      }
    >
      <p className="title-wrap rounded-control bg-active px-3 py-2 text-dense">
        {folder.taskTitle ?? folder.name}, {bytesText(folder.sizeBytes)}
      </p>
      {(failure ?? hindrance) ? (
        <Notice kind={failure ? 'error' : 'warning'} role="alert" className="mt-3">
          {failure ?? `${hindrance}.`}
        </Notice>
      ) : null}
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button variant="danger" disabled={hindrance !== null} isBusy={fetching} onClick={() => void confirm()}>
          Remove folder
        </Button>
      </DialogActions>
    </Dialog>
  );
}
