import { Link, useSearchParams } from '@remix-run/react';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { isHeld, TASK_STATUS_WORDS } from '~/lib/task-status.ts';
import { Priority } from '../tasks/priority.tsx';
import { ShortId } from '../tasks/short-id.tsx';
import { TaskStatusIcon } from '../tasks/task-status.tsx';
import { TaskTypeIcon } from '../tasks/task-type.tsx';

export const ChatTask_TaskFragment = graphql(`
  fragment ChatTask_Task on Task {
    id
    revision
    shortId
    title
    type
    priority
    status
    heldBy
    agentName
  }
`);

/** A task inside an answer: small, and as live as on the board. */
export function ChatTask({ task: masked }: { task: FragmentType<typeof ChatTask_TaskFragment> }) {
  const task = readFragment(ChatTask_TaskFragment, masked);
  const [params] = useSearchParams();
  const search = new URLSearchParams(params);
  search.set('task', task.shortId);
  return (
    <li>
      <Link
        to={{ search: search.toString() }}
        preventScrollReset
        className="block rounded-box border border-line bg-raised px-2.5 py-2 transition-colors duration-100 hover:border-line-strong"
      >
        <span className="title-wrap line-clamp-2 text-dense font-medium">{task.title}</span>
        <span className="mt-1 flex items-center gap-2 text-xs text-muted">
          <ShortId value={task.shortId} />
          <TaskStatusIcon status={task.status} heldBy={task.heldBy} />
          <span className="whitespace-nowrap">{isHeld(task) ? 'Held' : TASK_STATUS_WORDS[task.status]}</span>
          <span aria-hidden className="h-3 w-px bg-line-strong" />
          <TaskTypeIcon type={task.type} />
          <Priority value={task.priority} />
          {task.agentName ? <span className="min-w-0 truncate">{task.agentName}</span> : null}
        </span>
      </Link>
    </li>
  );
}
