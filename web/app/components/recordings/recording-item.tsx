import { clsx } from 'clsx';
import { AudioLines, CircleAlert, CircleCheck, Clock, LoaderCircle, MicOff, TriangleAlert, Upload } from 'lucide-react';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import type { TranscriptionStatus } from '~/graphql/gql/graphql.ts';
import { durationText } from '~/lib/time-text.ts';
import { RelativeTime } from '../ui/time.tsx';

export const RecordingItem_RecordingFragment = graphql(`
  fragment RecordingItem_Recording on Recording {
    id
    revision
    name
    status
    progress
    durationMs
    uploadedAt
    excerpt
    createdAt
  }
`);

const STATUS = {
  NONE: { Icon: AudioLines, word: 'Not transcribed', className: 'text-muted' },
  QUEUED: { Icon: Clock, word: 'Waits to be transcribed', className: 'text-muted' },
  RUNNING: { Icon: LoaderCircle, word: 'Being transcribed', className: 'text-in-progress' },
  COMPLETED: { Icon: CircleCheck, word: 'Transcribed', className: 'text-done' },
  NO_SPEECH: { Icon: MicOff, word: 'No speech', className: 'text-muted' },
  FAILED: { Icon: CircleAlert, word: 'Failed', className: 'text-failed' },
  ENGINE_UNAVAILABLE: { Icon: TriangleAlert, word: 'Waits for a speech engine', className: 'text-blocked' },
} as const satisfies Record<TranscriptionStatus, unknown>;

/** Where the transcript stands, with an icon and in words. */
export function RecordingStatus({
  recording: { status, progress, uploadedAt },
}: {
  recording: { status: TranscriptionStatus; progress: number; uploadedAt: string | null };
}) {
  const { Icon, word, className } =
    uploadedAt === null ? { Icon: Upload, word: 'Being sent', className: 'text-muted' } : STATUS[status];
  return (
    <span className={clsx('inline-flex items-center gap-1.5 whitespace-nowrap text-xs font-medium', className)}>
      <Icon aria-hidden className="size-3.5 shrink-0" />
      {word}
      {status === 'RUNNING' && progress > 0 ? <span className="tabular">{progress} %</span> : null}
    </span>
  );
}

/** A recording in the list. */
export function RecordingItem({
  recording: masked,
  isSelected,
  onSelect,
}: {
  recording: FragmentType<typeof RecordingItem_RecordingFragment>;
  isSelected: boolean;
  onSelect(id: string): void;
}) {
  const recording = readFragment(RecordingItem_RecordingFragment, masked);
  const { id, name, durationMs, excerpt, createdAt } = recording;
  return (
    <li>
      <button
        type="button"
        aria-current={isSelected || undefined}
        onClick={() => onSelect(id)}
        className={clsx(
          'flex w-full flex-col gap-1 rounded-control px-3 py-2.5 text-left transition-colors duration-100',
          isSelected ? 'bg-active' : 'hover:bg-hover',
        )}
      >
        <span className="flex items-baseline justify-between gap-3">
          <span className="min-w-0 truncate font-medium">{name}</span>
          <RelativeTime value={createdAt} isShort className="shrink-0 text-xs text-muted" />
        </span>
        {excerpt ? <span className="line-clamp-2 text-dense text-muted">{excerpt}</span> : null}
        <span className="flex items-center justify-between gap-3">
          <RecordingStatus recording={recording} />
          {durationMs === null ? null : <span className="tabular text-xs text-muted">{durationText(durationMs)}</span>}
        </span>
      </button>
    </li>
  );
}
