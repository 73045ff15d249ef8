import { lazy, Suspense, useState } from 'react';
import { useMutation, useQuery } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import type { RestoredField } from '~/graphql/gql/graphql.ts';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { Button } from '../ui/button.tsx';
import { Dialog, DialogActions } from '../ui/dialog.tsx';
import { Notice } from '../ui/notice.tsx';
import { SkeletonLines } from '../ui/skeleton.tsx';
import { showToast } from '../ui/toast-store.ts';

const StateDiff = lazy(() => import('./state-diff.tsx'));

const RollBackPreview_Query = graphql(`
  query RollBackPreview($projectId: ID!, $version: Int!) {
    rollBackPreview(projectId: $projectId, version: $version) {
      diff
      restored
      baseVersion
    }
  }
`);

const RollBackState_Mutation = graphql(`
  mutation RollBackState($input: RollBackStateInput!) {
    rollBackState(input: $input) {
      __typename
      ... on RollBackStatePayload {
        previousVersion
        stateVersion {
          id
          revision
          version
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

const FIELDS: Record<RestoredField, string> = {
  CURRENT_FOCUS: 'focus',
  STATUS: 'status',
  PINNED_ACTIONS: 'pinned actions',
  NOTES: 'notes',
};

export interface RollBackDialogProps {
  projectId: string;
  version: number;
  /** The version of the roll back that is undone by this one; null: it undoes none. */
  undoes: number | null;
  onClose(): void;
  onRolledBack(): void;
}

/** Asks before a roll back, with what it would change. */
export function RollBackDialog({ projectId, version, undoes, onClose, onRolledBack }: RollBackDialogProps) {
  // What it would change is asked anew each time: the facts have moved on.
  const [{ data, error, fetching: isLooking }, lookAgain] = useQuery({
    query: RollBackPreview_Query,
    variables: { projectId, version },
    requestPolicy: 'network-only',
  });
  const [failure, setFailure] = useState<string | null>(null);
  const [{ fetching }, rollBack] = useMutation(RollBackState_Mutation);
  const preview = data?.rollBackPreview ?? null;
  const isNothing = preview?.restored.length === 0;

  const undo = async (previousVersion: number, baseVersion: number): Promise<void> => {
    const refused = mutationFailure(await rollBack({ input: { projectId, version: previousVersion, baseVersion } }));
    showToast(
      refused ? { kind: 'error', text: refused } : { kind: 'info', text: 'Undone: it is again as it was before' },
    );
  };
  const goBack = async (baseVersion: number): Promise<void> => {
    const result = await rollBack({ input: { projectId, version, baseVersion } });
    const refused = mutationFailure(result);
    if (refused) {
      setFailure(refused);
      lookAgain({ requestPolicy: 'network-only' });
      return;
    }
    const done = result.data?.rollBackState;
    if (done?.__typename === 'RollBackStatePayload') {
      const { previousVersion, stateVersion } = done;
      showToast({
        kind: 'info',
        text: undoes === null ? `Rolled back to version ${version}` : `The roll back of version ${undoes} is undone`,
        action: { label: 'Undo', run: () => void undo(previousVersion, stateVersion.version) },
      });
    }
    onClose();
    onRolledBack();
  };

  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => (isOpen ? undefined : onClose())}
      title={undoes === null ? `Roll back to version ${version}?` : `Undo the roll back of version ${undoes}?`}
      description={`${
        preview && !isNothing
          ? restoredText(preview.restored, undoes === null ? null : version)
          : 'Focus, status, pinned actions and notes can be restored.'
      } Tasks and runs stay as they are. This makes a new version, from which it can be undone later on too.`}
      className="sm:max-w-3xl"
    >
      {failure ? (
        <Notice kind="error" role="alert" className="mb-3">
          {failure}
        </Notice>
      ) : null}
      {error ? (
        <Notice kind="error" role="alert">
          {apiErrorFacts(error).message}
        </Notice>
      ) : isLooking || !preview ? (
        <SkeletonLines count={5} label="Looking what would change" />
      ) : isNothing ? (
        <Notice kind="info" role="status">
          Nothing to restore: focus, status, pinned actions and notes are what they were in version {version}.
        </Notice>
      ) : (
        <div className="-mx-5 max-h-[50dvh] overflow-y-auto overscroll-contain border-y border-line" tabIndex={0}>
          <Suspense fallback={<SkeletonLines count={5} label="Loading what would change" />}>
            <StateDiff text={preview.diff} same="The document reads the same afterwards." />
          </Suspense>
        </div>
      )}
      <DialogActions>
        <Button onClick={onClose}>{isNothing ? 'Close' : 'Cancel'}</Button>
        {isNothing ? null : (
          <Button
            variant="primary"
            isBusy={fetching}
            disabled={!preview || isLooking}
            onClick={() => (preview ? void goBack(preview.baseVersion) : undefined)}
          >
            {undoes === null ? 'Roll back' : 'Undo roll back'}
          </Button>
        )}
      </DialogActions>
    </Dialog>
  );
}

/** @param version null: it is named above already */
function restoredText(restored: readonly RestoredField[], version: number | null): string {
  const fields = listOf(restored.map((field) => FIELDS[field]));
  return version === null ? `Restores its ${fields}.` : `Restores the ${fields} of version ${version}.`;
}

/** "focus, notes and status" */
function listOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
