import { ChevronLeft, Download } from 'lucide-react';
import { useState } from 'react';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { graphql } from '~/graphql/gql/gql.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import { bytesText } from '~/lib/bytes-text.ts';
import { useDocumentTitle } from '~/lib/use-document-title.ts';
import { Button, buttonClass } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { Notice } from '../ui/notice.tsx';
import { SkeletonLines } from '../ui/skeleton.tsx';
import { RelativeTime } from '../ui/time.tsx';
import { RecordingActions } from './recording-actions.tsx';
import { RecordingStatus } from './recording-item.tsx';
import { RecordingTasks } from './recording-tasks.tsx';
import { Transcript } from './transcript.tsx';
import { TranscriptEditor } from './transcript-editor.tsx';

const Recording_Query = graphql(`
  query Recording($id: ID!) {
    recording(id: $id) {
      id
      revision
      name
      status
      reason
      progress
      durationMs
      size
      engine
      uploadedAt
      createdAt
      editedAt
      removedAt
      url
      transcript
      segments {
        startMs
        endMs
        text
      }
      ...RecordingTasks_Recording
    }
  }
`);

/** One recording: its sound, what was said, and what to do with it. */
export function RecordingDetail({
  projectId,
  recordingId,
  onClose,
}: {
  projectId: string;
  recordingId: string;
  onClose(): void;
}) {
  const { data, error, refetch } = useLiveQuery(Recording_Query, { id: recordingId });
  const [isEditing, setEditing] = useState(false);
  const recording = data?.recording ?? null;
  useDocumentTitle(recording ? recording.name : 'Recordings');
  if (!data)
    return error ? (
      <ErrorState title="The recording could not be loaded" message={apiErrorFacts(error).message} onRetry={refetch} />
    ) : (
      <SkeletonLines count={10} label="Loading the recording" />
    );
  if (!recording)
    return (
      <EmptyState
        title="There is no such recording"
        text="It was deleted, or its upload was given up."
        action={<Button onClick={onClose}>All recordings</Button>}
      />
    );
  const { transcript, segments, url } = recording;
  return (
    <article aria-label={recording.name} className="mx-auto max-w-3xl">
      <Button variant="ghost" size="sm" className="-ml-2 mb-2 md:hidden" onClick={onClose}>
        <ChevronLeft aria-hidden className="size-4" />
        All recordings
      </Button>
      <header className="mb-4">
        <h2 className="title-wrap text-title font-semibold">{recording.name}</h2>
        <p className="mt-1 flex flex-wrap items-center gap-x-4 gap-y-1 text-dense text-muted">
          <RecordingStatus recording={recording} />
          <RelativeTime value={recording.createdAt} />
          <span className="tabular">{bytesText(recording.size)}</span>
          {recording.engine ? <span>By {recording.engine}</span> : null}
          {recording.editedAt ? <span>Edited</span> : null}
        </p>
      </header>
      {recording.reason ? (
        <Notice kind={recording.status === 'FAILED' ? 'error' : 'warning'} role="status" className="mb-4">
          {recording.reason}
        </Notice>
      ) : null}
      {recording.removedAt ? (
        <Notice kind="info" className="mb-4">
          The sound was removed by the project’s retention <RelativeTime value={recording.removedAt} />. What was said
          stays.
        </Notice>
      ) : null}
      <RecordingActions
        recording={recording}
        hasTranscript={transcript !== null}
        onEdit={() => setEditing(true)}
        onDeleted={onClose}
      />
      {isEditing && transcript !== null ? (
        <TranscriptEditor recordingId={recording.id} text={transcript} onDone={() => setEditing(false)} />
      ) : null}
      <Transcript
        url={url}
        text={isEditing ? null : transcript}
        segments={segments}
        isEdited={recording.editedAt !== null}
      />
      {url ? (
        <a
          href={url}
          download={recording.name}
          className={`${buttonClass({ variant: 'ghost', size: 'sm' })} mt-4 -ml-2`}
        >
          <Download aria-hidden className="size-4" />
          Download the sound
        </a>
      ) : null}
      <RecordingTasks projectId={projectId} recording={recording} />
    </article>
  );
}
