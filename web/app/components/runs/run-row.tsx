import { clsx } from 'clsx';
import { useRef } from 'react';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { useWaitingReason } from '~/graphql/waiting-reasons.ts';
import { ShortId } from '../tasks/short-id.tsx';
import { Elapsed, RelativeTime } from '../ui/time.tsx';
import { RunConnectionNote } from './run-connection-note.tsx';
import { hasLostRunner, isLiveRun, RunStatusIcon, runStatusWord } from './run-status.tsx';

export const RunRow_RunFragment = graphql(`
  fragment RunRow_Run on Run {
    id
    revision
    kind
    attempt
    status
    reason
    message
    waitingReason
    cancelRequestedAt
    landingAt
    landingIsMerged
    createdAt
    startedAt
    finishedAt
    lineCount
    activityCount
    logRemovedAt
    reader
    takesInput
    task {
      id
      revision
      shortId
      title
    }
    agent {
      id
      revision
      name
    }
    runner {
      id
      revision
      name
      connection
      lastSeenAt
    }
  }
`);

/** One run in the list above the console. */
export function RunRow({
  run: masked,
  isSelected,
  onSelect,
}: {
  run: FragmentType<typeof RunRow_RunFragment>;
  isSelected: boolean;
  onSelect(): void;
}) {
  const run = readFragment(RunRow_RunFragment, masked);
  const row = useRef<HTMLLIElement>(null);
  useWaitingReason({ type: 'run', id: run.id }, run.status === 'PENDING', row);
  const isLive = isLiveRun(run.status);
  const title = run.task?.title ?? 'Maintenance';
  return (
    <li ref={row}>
      <button
        type="button"
        aria-pressed={isSelected}
        onClick={onSelect}
        className={clsx(
          'flex w-full items-start gap-2.5 rounded-control px-2.5 py-2 text-left transition-colors duration-100',
          isSelected ? 'bg-active' : 'hover:bg-hover',
        )}
      >
        <RunStatusIcon run={run} isAlone={isLive} className="mt-0.5" />
        <span className="min-w-0 flex-1">
          <span className="block truncate text-dense font-medium">
            {run.kind === 'MERGE' ? `Merge: ${title}` : title}
          </span>
          <span className="flex items-center gap-1.5 truncate text-xs text-muted">
            {run.task ? <ShortId value={run.task.shortId} /> : null}
            <span className="truncate">
              {run.agent.name}
              {run.attempt > 1 ? `, attempt ${run.attempt}` : ''}
              {isLive ? '' : `, ${runStatusWord(run).toLowerCase()}`}
            </span>
          </span>
          {run.status === 'PENDING' && run.waitingReason ? (
            <span className="mt-0.5 block text-xs text-faint">{run.waitingReason}</span>
          ) : null}
          {hasLostRunner(run) && run.message ? (
            <span className="title-wrap mt-0.5 line-clamp-2 block text-xs text-faint">{run.message}</span>
          ) : null}
          {isLive ? <RunConnectionNote runner={run.runner} /> : null}
        </span>
        <span className="shrink-0 text-right text-xs text-muted">
          {run.startedAt ? (
            <Elapsed
              since={run.startedAt}
              until={run.finishedAt}
              className={clsx('block font-mono', isLive && 'text-in-progress')}
            />
          ) : null}
          {run.finishedAt ? <RelativeTime value={run.finishedAt} className="block text-faint" /> : null}
        </span>
      </button>
    </li>
  );
}
