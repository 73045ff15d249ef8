import { TASK_STATUS_WORDS, TASK_STATUSES, type TaskStatus } from '~/lib/task-status.ts';
import { TaskStatusIcon } from '../tasks/task-status.tsx';
import { Tooltip } from '../ui/tooltip.tsx';

const SHOWN: readonly TaskStatus[] = TASK_STATUSES.filter((status) => status !== 'DONE' && status !== 'CANCELED');

/** The whole board in a line: how many tasks stand where. Each goes to its column. */
export function BoardSummary({ countOf }: { countOf(status: TaskStatus): number | null }) {
  const counts = SHOWN.map((status) => ({ status, count: countOf(status) ?? 0 })).filter(({ count }) => count > 0);
  return (
    <ul aria-label="Tasks by status" className="flex items-center gap-0.5">
      {counts.map(({ status, count }) => (
        <li key={status}>
          <Tooltip text={TASK_STATUS_WORDS[status]}>
            <button
              type="button"
              aria-label={`${count} ${TASK_STATUS_WORDS[status].toLowerCase()}: show`}
              onClick={() =>
                document
                  .querySelector(`[data-column="${status}"]`)
                  ?.scrollIntoView({ inline: 'start', block: 'nearest', behavior: 'smooth' })
              }
              className="touch-target flex h-7 items-center gap-1.5 rounded-control px-1.5 text-dense text-muted hover:bg-hover hover:text-fg"
            >
              <TaskStatusIcon status={status} />
              <span className="tabular">{count}</span>
            </button>
          </Tooltip>
        </li>
      ))}
    </ul>
  );
}
