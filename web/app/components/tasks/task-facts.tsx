import { Link } from '@remix-run/react';
import { Bot, GitBranch } from 'lucide-react';
import type { ReactNode } from 'react';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { TaskSpend } from '../spend/task-spend.tsx';
import { RelativeTime } from '../ui/time.tsx';
import { Priority } from './priority.tsx';
import { ShortId } from './short-id.tsx';
import { TaskTypeIcon, taskTypeWord } from './task-type.tsx';

export const TaskFacts_TaskFragment = graphql(`
  fragment TaskFacts_Task on Task {
    id
    revision
    type
    priority
    agentName
    agentReason
    requestedBy
    createdAt
    updatedAt
    project {
      id
      revision
    }
    parent {
      id
      revision
      shortId
      title
    }
    followUps {
      nodes {
        id
        revision
        shortId
        title
      }
    }
    runs(first: 100) {
      nodes {
        id
        revision
        branch
      }
    }
  }
`);

const SOURCES = { VOICE: 'by voice', CHAT: 'in the chat', API: 'directly' } as const;

/** The properties of a task, in a row above its text or in a column beside it. */
export function TaskFacts({
  task: masked,
  isColumn,
}: {
  task: FragmentType<typeof TaskFacts_TaskFragment>;
  isColumn: boolean;
}) {
  const task = readFragment(TaskFacts_TaskFragment, masked);
  const branch = task.runs.nodes.find((run) => run.branch)?.branch;
  const linkTo = (shortId: string): string => `/projects/${task.project.id}/tasks/${shortId}`;
  return (
    <dl
      className={`grid shrink-0 grid-cols-[96px_minmax(0,1fr)] content-start gap-x-3 gap-y-2 text-dense ${isColumn ? 'lg:w-72' : ''}`}
    >
      <Fact name="Type">
        <TaskTypeIcon type={task.type} />
        {taskTypeWord(task.type)}
      </Fact>
      <Fact name="Priority">
        <Priority value={task.priority} hasWord />
      </Fact>
      <Fact name="Agent">
        {task.agentName ? (
          <span className="flex min-w-0 flex-col">
            <span className="flex items-center gap-1.5">
              <Bot aria-hidden className="size-3.5 shrink-0 text-faint" />
              {task.agentName}
            </span>
            {task.agentReason ? <span className="text-xs text-muted">{task.agentReason}</span> : null}
          </span>
        ) : (
          <span className="text-muted">Not planned yet</span>
        )}
      </Fact>
      {branch ? (
        <Fact name="Branch">
          <GitBranch aria-hidden className="size-3.5 shrink-0 text-faint" />
          <code className="truncate font-mono text-xs" title={branch}>
            {branch}
          </code>
        </Fact>
      ) : null}
      <Fact name="Asked">
        <span>
          {SOURCES[task.requestedBy]}, <RelativeTime value={task.createdAt} />
        </span>
      </Fact>
      <Fact name="Spent">
        <TaskSpend taskId={task.id} />
      </Fact>
      {task.parent ? (
        <Fact name="Follows">
          <ShortId value={task.parent.shortId} />
          <Link to={linkTo(task.parent.shortId)} className="truncate underline underline-offset-2">
            {task.parent.title}
          </Link>
        </Fact>
      ) : null}
      {task.followUps.nodes.length > 0 ? (
        <Fact name="Followed by">
          <span className="flex min-w-0 flex-col">
            {task.followUps.nodes.map((followUp) => (
              <span key={followUp.id} className="flex min-w-0 items-baseline gap-1.5">
                <ShortId value={followUp.shortId} />
                <Link to={linkTo(followUp.shortId)} className="truncate underline underline-offset-2">
                  {followUp.title}
                </Link>
              </span>
            ))}
          </span>
        </Fact>
      ) : null}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="py-0.5 text-muted">{name}</dt>
      <dd className="flex min-h-6 min-w-0 items-center gap-1.5">{children}</dd>
    </>
  );
}
