import { clsx } from 'clsx';
import {
  Ban,
  CircleCheck,
  CircleDashed,
  CirclePause,
  CircleX,
  Eye,
  LoaderCircle,
  OctagonPause,
  type LucideIcon,
} from 'lucide-react';
import { isHeld, TASK_STATUS_WORDS, type TaskStatus } from '~/lib/task-status.ts';

const LOOKS: Record<TaskStatus, { Icon: LucideIcon; text: string; tint: string }> = {
  QUEUED: { Icon: CircleDashed, text: 'text-queued', tint: 'bg-queued/15' },
  IN_PROGRESS: { Icon: LoaderCircle, text: 'text-in-progress', tint: 'bg-in-progress/15' },
  BLOCKED: { Icon: OctagonPause, text: 'text-blocked', tint: 'bg-blocked/15' },
  NEEDS_REVIEW: { Icon: Eye, text: 'text-needs-review', tint: 'bg-needs-review/15' },
  DONE: { Icon: CircleCheck, text: 'text-done', tint: 'bg-done/15' },
  FAILED: { Icon: CircleX, text: 'text-failed', tint: 'bg-failed/15' },
  CANCELED: { Icon: Ban, text: 'text-canceled', tint: 'bg-canceled/15' },
};

/** The icon of a status; the word stands beside it, or is read out when `isAlone`. */
export function TaskStatusIcon({
  status,
  heldBy = null,
  isAlone = false,
  className,
}: {
  status: TaskStatus;
  heldBy?: string | null;
  isAlone?: boolean;
  className?: string;
}) {
  const { text } = LOOKS[status];
  const Icon = isHeld({ status, heldBy }) ? CirclePause : LOOKS[status].Icon;
  return (
    <>
      <Icon aria-hidden className={clsx('shrink-0', text, className ?? 'size-3.5')} />
      {isAlone ? <span className="sr-only">{TASK_STATUS_WORDS[status]}</span> : null}
    </>
  );
}

/** Status as icon and word, never by colour alone. */
export function TaskStatusBadge({
  status,
  heldBy,
  className,
}: {
  status: TaskStatus;
  heldBy: string | null;
  className?: string;
}) {
  const { text, tint } = LOOKS[status];
  return (
    <span
      className={clsx(
        'inline-flex h-6 max-w-full items-center gap-1.5 rounded-sm px-2 text-xs font-medium',
        text,
        tint,
        className,
      )}
    >
      <TaskStatusIcon status={status} heldBy={heldBy} />
      <span className="truncate">
        {isHeld({ status, heldBy }) ? `Held, stopped by ${heldBy}` : TASK_STATUS_WORDS[status]}
      </span>
    </span>
  );
}
