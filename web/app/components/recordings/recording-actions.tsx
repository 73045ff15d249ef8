import { ListPlus, Pencil, RefreshCw, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import type { TranscriptionStatus } from '~/graphql/gql/graphql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { useRefusal } from '../frame/project-rights.tsx';
import { Button } from '../ui/button.tsx';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { showToast } from '../ui/toast-store.ts';
import { DeleteRecording_Mutation } from './delete-recording.ts';

const MakeTaskOfRecording_Mutation = graphql(`
  mutation MakeTaskOfRecording($input: MakeTaskOfRecordingInput!) {
    makeTaskOfRecording(input: $input) {
      __typename
      ... on MakeTaskOfRecordingPayload {
        task {
          id
          revision
          title
        }
        recording {
          id
          revision
          ...RecordingTasks_Recording
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

const TranscribeRecording_Mutation = graphql(`
  mutation TranscribeRecording($input: TranscribeRecordingInput!) {
    transcribeRecording(input: $input) {
      __typename
      ... on TranscribeRecordingPayload {
        recording {
          id
          revision
          status
          reason
          progress
          engine
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

interface RecordingActionsProps {
  recording: {
    id: string;
    name: string;
    status: TranscriptionStatus;
    url: string | null;
    editedAt: string | null;
  };
  hasTranscript: boolean;
  onEdit(): void;
  onDeleted(): void;
}

/** What can be done with a recording. */
export function RecordingActions({ recording, hasTranscript, onEdit, onDeleted }: RecordingActionsProps) {
  const refusal = useRefusal('CONVERSATION_WRITE');
  const taskRefusal = useRefusal('TASK_WRITE');
  const [making, makeTask] = useMutation(MakeTaskOfRecording_Mutation);
  const [transcribing, transcribe] = useMutation(TranscribeRecording_Mutation);
  const [asked, setAsked] = useState<'delete' | 'transcribe' | null>(null);
  const { id: recordingId, status, url } = recording;
  const isUnderWay = status === 'RUNNING' || status === 'QUEUED';
  const tell = (what: string, failure: string | null): void => {
    if (failure) showToast({ kind: 'error', text: `${what}: ${failure}` });
  };
  const doTranscribe = async (): Promise<void> => {
    setAsked(null);
    tell('Not transcribed', mutationFailure(await transcribe({ input: { recordingId } })));
  };
  const doMake = async (): Promise<void> => {
    const failure = mutationFailure(await makeTask({ input: { recordingId } }));
    tell('No task made', failure);
    if (failure === null) showToast({ kind: 'info', text: 'The task is made' });
  };
  return (
    <div className="mb-4 flex flex-wrap gap-2">
      {hasTranscript ? (
        <>
          <Button isBusy={making.fetching} refusal={taskRefusal} onClick={() => void doMake()}>
            <ListPlus aria-hidden className="size-4" />
            Make it a task
          </Button>
          <Button refusal={isUnderWay ? 'It is being transcribed at the moment.' : refusal} onClick={onEdit}>
            <Pencil aria-hidden className="size-4" />
            Edit
          </Button>
        </>
      ) : null}
      {url && !isUnderWay ? (
        <Button
          isBusy={transcribing.fetching}
          refusal={refusal}
          onClick={() => (recording.editedAt === null ? void doTranscribe() : setAsked('transcribe'))}
        >
          <RefreshCw aria-hidden className="size-4" />
          {hasTranscript ? 'Transcribe again' : 'Transcribe now'}
        </Button>
      ) : null}
      <Button variant="ghost" refusal={refusal} onClick={() => setAsked('delete')}>
        <Trash2 aria-hidden className="size-4" />
        Delete
      </Button>
      <ConfirmDialog
        isOpen={asked === 'transcribe'}
        onClose={() => setAsked(null)}
        title="Transcribe again?"
        text="The transcript was edited; what is heard now takes its place."
        confirmLabel="Transcribe again"
        onConfirm={() => void doTranscribe()}
      />
      {asked === 'delete' ? (
        <DeleteRecording recording={recording} onClose={() => setAsked(null)} onDeleted={onDeleted} />
      ) : null}
    </div>
  );
}

function DeleteRecording({
  recording: { id: recordingId, name },
  onClose,
  onDeleted,
}: {
  recording: { id: string; name: string };
  onClose(): void;
  onDeleted(): void;
}) {
  const [{ fetching }, remove] = useMutation(DeleteRecording_Mutation);
  const confirm = async (): Promise<void> => {
    const failure = mutationFailure(await remove({ input: { recordingId } }));
    onClose();
    if (failure) showToast({ kind: 'error', text: `Not deleted: ${failure}` });
    else onDeleted();
  };
  return (
    <ConfirmDialog
      isOpen
      onClose={onClose}
      title="Delete this recording?"
      text={`“${name}” goes with its sound and its transcript, for everybody and for good. What was said in the conversation stays, and so do the tasks.`}
      confirmLabel="Delete"
      isDanger
      isBusy={fetching}
      onConfirm={() => void confirm()}
    />
  );
}
