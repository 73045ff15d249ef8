import { useSearchParams } from '@remix-run/react';
import { Mic, Upload } from 'lucide-react';
import { useRef, useState, type ReactNode } from 'react';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { graphql } from '~/graphql/gql/gql.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import { useRefusal } from '../frame/project-rights.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { Input } from '../ui/field.tsx';
import { MorePages } from '../ui/more-pages.tsx';
import { Notice } from '../ui/notice.tsx';
import { PageState } from '../ui/page-state.tsx';
import { SkeletonLines } from '../ui/skeleton.tsx';
import { showToast } from '../ui/toast-store.ts';
import { RecordDialog } from './record-dialog.tsx';
import { RecordingDetail } from './recording-detail.tsx';
import { RecordingItem } from './recording-item.tsx';
import { RecordingSearch } from './recording-search.tsx';
import { useSendKept } from './use-recorder.ts';
import { useSendFile } from './use-send-recording.ts';

export const Recordings_Query = graphql(`
  query Recordings($projectId: ID!, $after: String) {
    recordings(projectId: $projectId, first: 50, after: $after) {
      nodes {
        id
        revision
        ...RecordingItem_Recording
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

/** What was said aloud in a project: to record, to send, to find, to hear, and to make tasks of. */
export function RecordingsPage({ projectId }: { projectId: string }) {
  const [params, setParams] = useSearchParams();
  const { data, error, refetch } = useLiveQuery(Recordings_Query, { projectId, after: null });
  const [isRecording, setRecording] = useState(false);
  const upload = useUpload(projectId, (recordingId) => select(recordingId));
  useSendKept(
    projectId,
    (count) =>
      showToast({
        kind: 'info',
        text:
          count === 1
            ? 'A recording that was kept here is sent now'
            : `${count} recordings that were kept here are sent now`,
      }),
    (why) => showToast({ kind: 'error', text: `A recording that is kept here could not be sent: ${why}` }),
  );
  const selected = params.get('recording');
  const words = params.get('q') ?? '';
  const setParam = (name: string, value: string): void =>
    setParams(
      (before) => {
        if (value === '') before.delete(name);
        else before.set(name, value);
        return before;
      },
      { replace: true, preventScrollReset: true },
    );
  const select = (recordingId: string): void => setParam('recording', recordingId);
  const isEmpty = data?.recordings?.nodes.length === 0;
  const actions = (
    <Actions onRecord={() => setRecording(true)} onFiles={upload.choose} isBusy={upload.sending !== null} />
  );

  let list: ReactNode;
  if (!data)
    list = error ? (
      <ErrorState title="The recordings could not be loaded" message={apiErrorFacts(error).message} onRetry={refetch} />
    ) : (
      <SkeletonLines count={8} label="Loading the recordings" />
    );
  else if (words !== '')
    list = <RecordingSearch projectId={projectId} words={words} selected={selected} onSelect={select} />;
  else
    list = (
      <>
        <ul aria-label="Recordings" className="flex flex-col gap-0.5">
          {data.recordings?.nodes.map((recording) => (
            <RecordingItem
              key={recording.id}
              recording={recording}
              isSelected={recording.id === selected}
              onSelect={select}
            />
          ))}
        </ul>
        {data.recordings ? (
          <MorePages pageInfo={data.recordings.pageInfo} label="Show older recordings">
            {(after) => <OlderRecordings projectId={projectId} after={after} selected={selected} onSelect={select} />}
          </MorePages>
        ) : null}
      </>
    );
  return (
    <main className="flex min-h-0 flex-1 flex-col md:flex-row">
      <section
        aria-label="All recordings"
        className={`scroll-y min-h-0 w-full flex-1 border-line p-3 md:max-w-sm md:border-r ${selected ? 'max-md:hidden' : ''}`}
      >
        <div className="mb-3 flex items-center justify-between gap-2 px-1">
          <h1 className="text-lg font-semibold">Recordings</h1>
          {isEmpty ? null : actions}
        </div>
        {upload.sending ? <UploadProgress {...upload.sending} onCancel={upload.cancel} /> : null}
        {isEmpty ? (
          <EmptyState
            icon={<Mic aria-hidden />}
            title="Nothing was said here yet"
            text="Record what you want done, or send a recording (webm, ogg, m4a, wav or mp3, up to 200 MB). It is transcribed by this system’s speech engine, and the orchestrator makes tasks of it."
            action={actions}
          />
        ) : (
          <>
            <Input
              type="search"
              aria-label="Search all transcripts"
              placeholder="Search all transcripts"
              maxLength={200}
              className="mb-2"
              defaultValue={words}
              onChange={(event) => setParam('q', event.target.value.trim())}
            />
            {list}
          </>
        )}
      </section>
      <section
        aria-label="The recording"
        className={`scroll-y min-h-0 min-w-0 flex-[2] p-4 sm:p-6 ${selected ? '' : 'max-md:hidden'}`}
      >
        {selected ? (
          <RecordingDetail key={selected} projectId={projectId} recordingId={selected} onClose={() => select('')} />
        ) : isEmpty ? null : (
          <EmptyState
            className="h-full"
            title="Choose a recording"
            text="Its sound and what was said in it are shown here."
          />
        )}
      </section>
      {isRecording ? (
        <RecordDialog
          projectId={projectId}
          onClose={() => setRecording(false)}
          onDone={(recordingId) => {
            setRecording(false);
            select(recordingId);
          }}
        />
      ) : null}
    </main>
  );
}

function Actions({ onRecord, onFiles, isBusy }: { onRecord(): void; onFiles(files: FileList): void; isBusy: boolean }) {
  const refusal = useRefusal('CONVERSATION_WRITE');
  const input = useRef<HTMLInputElement>(null);
  return (
    <div className="flex items-center gap-2">
      <input
        ref={input}
        type="file"
        hidden
        aria-label="A recording to send"
        accept="audio/*,video/webm,video/mp4,.webm,.ogg,.m4a,.mp4,.wav,.mp3"
        onChange={({ currentTarget }) => {
          if (currentTarget.files && currentTarget.files.length > 0) onFiles(currentTarget.files);
          currentTarget.value = '';
        }}
      />
      <Button refusal={refusal} isBusy={isBusy} onClick={() => input.current?.click()}>
        {isBusy ? null : <Upload aria-hidden className="size-4" />}
        Upload
      </Button>
      <Button variant="primary" refusal={refusal} onClick={onRecord}>
        <Mic aria-hidden className="size-4" />
        Record
      </Button>
    </div>
  );
}

function useUpload(projectId: string, onDone: (recordingId: string) => void) {
  const { sending, send } = useSendFile(projectId);
  const canceling = useRef<AbortController | null>(null);
  const choose = (files: FileList): void => {
    const [file] = files;
    if (!file) return;
    const controller = new AbortController();
    canceling.current = controller;
    send(file, controller.signal).then(onDone, (error: unknown) => {
      if (!controller.signal.aborted)
        showToast({ kind: 'error', text: `Not sent: ${error instanceof Error ? error.message : String(error)}` });
    });
  };
  return { sending, choose, cancel: () => canceling.current?.abort(new DOMException('Stopped', 'AbortError')) };
}

function UploadProgress(props: { name: string; fraction: number; waiting: string | null; onCancel(): void }) {
  return (
    <div className="mb-3 rounded-control bg-raised px-3 py-2" role="status">
      <div className="flex items-center justify-between gap-3 text-dense">
        <span className="min-w-0 truncate">Sending {props.name}</span>
        <Button size="sm" variant="ghost" onClick={props.onCancel}>
          Stop
        </Button>
      </div>
      <progress
        aria-label={`Sending ${props.name}`}
        max={1}
        value={props.fraction}
        className="mt-1 h-1.5 w-full accent-accent"
      />
      {props.waiting ? (
        <Notice kind="warning" className="mt-2">
          {props.waiting}
        </Notice>
      ) : null}
    </div>
  );
}

function OlderRecordings(props: {
  projectId: string;
  after: string;
  selected: string | null;
  onSelect(id: string): void;
}) {
  const { data, error, refetch } = useLiveQuery(Recordings_Query, { projectId: props.projectId, after: props.after });
  if (!data?.recordings)
    return <PageState hasFailed={error !== undefined} label="Loading older recordings" onRetry={refetch} />;
  return (
    <>
      <ul aria-label="Older recordings" className="flex flex-col gap-0.5">
        {data.recordings.nodes.map((recording) => (
          <RecordingItem
            key={recording.id}
            recording={recording}
            isSelected={recording.id === props.selected}
            onSelect={props.onSelect}
          />
        ))}
      </ul>
      <MorePages pageInfo={data.recordings.pageInfo} label="Show older recordings">
        {(after) => <OlderRecordings {...props} after={after} />}
      </MorePages>
    </>
  );
}
