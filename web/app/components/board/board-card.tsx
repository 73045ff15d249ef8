import { Link, useSearchParams } from '@remix-run/react';
import { clsx } from 'clsx';
import { Bot, CirclePause, GitMerge, MessageCircleQuestion, Play } from 'lucide-react';
import { memo, useRef, type Ref } from 'react';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { useDoing, useLastLine } from '~/graphql/run-notices.ts';
import { useWaitingReason } from '~/graphql/waiting-reasons.ts';
import { awaitsWords } from '~/lib/task-status.ts';
import { useRefusal } from '../frame/project-rights.tsx';
import { plainLine } from '../runs/console/ansi.ts';
import { DiffStat } from '../runs/review/diff-stat.tsx';
import { AskedShort } from '../runs/talk/asked-short.tsx';
import { RunConnectionNote } from '../runs/run-connection-note.tsx';
import { isRunning } from '../runs/run-status.tsx';
import { Priority } from '../tasks/priority.tsx';
import { ShortId } from '../tasks/short-id.tsx';
import { useTaskMoves } from '../tasks/task-moves.tsx';
import { TaskTypeIcon } from '../tasks/task-type.tsx';
import { WaitingReason } from '../tasks/waiting-reason.tsx';
import { Button } from '../ui/button.tsx';
import { Elapsed, RelativeTime } from '../ui/time.tsx';

export const BoardCard_TaskFragment = graphql(`
  fragment BoardCard_Task on Task {
    id
    revision
    shortId
    title
    type
    priority
    status
    agentName
    waitingReason
    blockedReason
    heldBy
    updatedAt
    diffStats {
      additions
      deletions
    }
    result {
      id
      revision
      question
    }
    liveRun {
      id
      revision
      kind
      status
      attempt
      startedAt
      activityCount
      doing
      openPermission {
        id
        revision
        status
        ...AskedShort_RunPermission
      }
      runner {
        id
        revision
        name
        connection
        lastSeenAt
      }
    }
  }
`);

export type BoardCardTask = FragmentType<typeof BoardCard_TaskFragment>;

interface BoardCardProps {
  task: BoardCardTask;
  /** Gets the focus and the keyboard of dragging. */
  linkRef?: Ref<HTMLAnchorElement>;
  isLifted?: boolean;
  isGhost?: boolean;
}

/** A task at a glance: what, by whom, how it is going, what it waits for. */
export const BoardCard = memo(function BoardCard({ task: masked, linkRef, isLifted, isGhost }: BoardCardProps) {
  const task = readFragment(BoardCard_TaskFragment, masked);
  const card = useRef<HTMLElement>(null);
  useWaitingReason({ type: 'task', id: task.id }, task.status === 'QUEUED' && task.heldBy === null, card);
  const [params] = useSearchParams();
  const search = new URLSearchParams(params);
  search.set('task', task.shortId);
  const reason = task.blockedReason ?? task.waitingReason;
  const { liveRun } = task;
  const question = awaitsWords(task.status) ? task.result?.question : null;
  const isMerging = liveRun?.kind === 'MERGE';
  return (
    <article
      ref={card}
      className={clsx(
        'group/card relative flex flex-col gap-1.5 rounded-box border bg-raised px-3 py-2.5 text-left transition-[background-color,border-color] duration-100',
        isLifted ? 'cursor-grabbing border-accent shadow-overlay' : 'border-line shadow-card hover:border-line-strong',
        isNamed(params.get('task'), task) && 'border-accent!',
        isGhost && 'opacity-40',
      )}
    >
      <h3 className="title-wrap line-clamp-2 text-dense font-medium" title={task.title}>
        <Link
          ref={linkRef}
          to={{ search: search.toString() }}
          replace={params.has('task')}
          preventScrollReset
          draggable={false}
          className="outline-none after:absolute after:inset-0 after:rounded-box focus-visible:after:outline-2 focus-visible:after:outline-focus"
        >
          {task.title}
        </Link>
      </h3>
      {liveRun && isRunning(liveRun.status) ? (
        <>
          <Doing run={liveRun} />
          <RunConnectionNote isShort runner={liveRun.runner} />
          {liveRun.openPermission?.status === 'PENDING' ? <AskedShort permission={liveRun.openPermission} /> : null}
        </>
      ) : null}
      {task.heldBy ? (
        <Held task={task} by={task.heldBy} />
      ) : reason ? (
        <p
          title={reason}
          className={clsx(
            'title-wrap line-clamp-2 flex items-start gap-1.5 text-xs',
            task.blockedReason ? 'text-blocked' : 'text-muted',
          )}
        >
          <CirclePause aria-hidden className="mt-0.5 size-3 shrink-0" />
          <WaitingReason reason={reason} />
        </p>
      ) : null}
      {question ? (
        <p title={question} className="title-wrap line-clamp-3 flex items-start gap-1.5 text-xs text-needs-review">
          <MessageCircleQuestion aria-hidden className="mt-0.5 size-3 shrink-0" />
          <span>
            <span className="sr-only">Asks: </span>
            {question}
          </span>
        </p>
      ) : null}
      <div className="flex h-4 items-center gap-2 text-xs text-muted">
        <ShortId value={task.shortId} className="max-w-1/2 truncate" />
        <TaskTypeIcon type={task.type} />
        <Priority value={task.priority} />
        {task.agentName ? (
          <span className="flex min-w-4 items-center gap-1" title={task.agentName}>
            <Bot aria-hidden className="size-3 shrink-0 text-faint" />
            <span className="truncate">{task.agentName}</span>
          </span>
        ) : null}
        {task.diffStats ? (
          <DiffStat
            isShort
            additions={task.diffStats.additions}
            deletions={task.diffStats.deletions}
            className="shrink-0"
          />
        ) : null}
        <span className="ml-auto flex shrink-0 items-center gap-2">
          {isMerging ? (
            <span className="flex items-center gap-1 text-in-progress">
              <GitMerge aria-hidden className="size-3" />
              Merging
            </span>
          ) : liveRun?.startedAt ? (
            <Elapsed since={liveRun.startedAt} className="font-mono text-in-progress" />
          ) : (
            <RelativeTime isShort value={task.updatedAt} className="text-faint" />
          )}
        </span>
      </div>
    </article>
  );
});

/** Whether an address names this task: by its short id, or by its id. */
function isNamed(named: string | null, { id, shortId }: { id: string; shortId: string }): boolean {
  return named !== null && (named === id || named.toUpperCase() === shortId);
}

/** Stopped by somebody: it goes on when somebody says so, which is done right here. */
function Held({ task, by }: { task: { id: string; title: string }; by: string }) {
  const moves = useTaskMoves();
  const refusal = useRefusal('TASK_WRITE');
  return (
    <div className="flex items-center gap-1.5 text-xs text-muted">
      <CirclePause aria-hidden className="size-3 shrink-0" />
      <p className="min-w-0 flex-1 truncate" title={`Stopped by ${by}`}>
        <span className="font-medium text-fg">Held</span>, stopped by {by}
      </p>
      <Button
        size="sm"
        className="relative z-10 -my-1 h-6!"
        refusal={refusal}
        onClick={() => moves.start({ id: task.id, title: task.title, hasLiveRun: false }, 'start')}
      >
        <Play aria-hidden className="size-3" />
        Start
      </Button>
    </div>
  );
}

interface WorkingRun {
  id: string;
  status: string;
  activityCount: number;
  doing: string | null;
}

/** What its agent does, in words; of an agent whose output nobody reads, the last line. The room is there before it says something: cards do not grow while a run works. */
function Doing({ run }: { run: WorkingRun }) {
  const words = useDoing(run.id, run.doing);
  if (run.activityCount === 0 && words === null) return <LastLine run={run} />;
  return (
    <p className="h-4 truncate text-xs leading-4 text-muted" title={words ?? undefined}>
      {(words && plainLine(words)) || '\u00a0'}
    </p>
  );
}

function LastLine({ run }: { run: WorkingRun }) {
  const line = useLastLine(run.id);
  return (
    <p className="h-4 truncate font-mono text-2xs text-faint">
      {line === null ? (run.status === 'STARTED' ? 'Starting…' : '\u00a0') : plainLine(line) || '\u00a0'}
    </p>
  );
}
