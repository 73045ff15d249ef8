import { CirclePause, CornerUpLeft } from 'lucide-react';
import { useState } from 'react';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { useWaitingReason } from '~/graphql/waiting-reasons.ts';
import { awaitsWords } from '~/lib/task-status.ts';
import { TaskResult_RunFragment } from '../runs/review/task-result.ts';
import { TaskReview } from '../runs/review/task-review.tsx';
import { AskedInFull } from '../runs/talk/asked-in-full.tsx';
import { RunConnectionNote } from '../runs/run-connection-note.tsx';
import { isRunning } from '../runs/run-status.tsx';
import { Notice } from '../ui/notice.tsx';
import { Tabs } from '../ui/tabs.tsx';
import { TaskActivity } from './task-activity.tsx';
import { TaskFacts } from './task-facts.tsx';
import { TaskRuns } from './task-runs.tsx';
import { WaitingReason } from './waiting-reason.tsx';

export const TaskBody_TaskFragment = graphql(`
  fragment TaskBody_Task on Task {
    id
    revision
    title
    description
    acceptanceCriteria
    blockedReason
    waitingReason
    feedback
    status
    result {
      id
      revision
      question
      ...TaskResult_Run
    }
    liveRun {
      id
      revision
      status
      openPermission {
        id
        revision
        status
        ...AskedInFull_RunPermission
      }
      runner {
        id
        revision
        name
        connection
        lastSeenAt
      }
    }
    runs(first: 100) {
      nodes {
        id
        revision
        kind
        status
        reason
        message
        landingIsMerged
        ...TaskRuns_Run
      }
    }
    ...TaskFacts_Task
    ...TaskActivity_Task
    ...TaskReview_Task
  }
`);

type Part = 'overview' | 'changes' | 'runs';

/** What a task says, what its runs did, and what has become of it. */
export function TaskBody({
  task: masked,
  isSheet,
}: {
  task: FragmentType<typeof TaskBody_TaskFragment>;
  isSheet: boolean;
}) {
  const task = readFragment(TaskBody_TaskFragment, masked);
  useWaitingReason({ type: 'task', id: task.id }, task.status === 'QUEUED');
  const result = readFragment(TaskResult_RunFragment, task.result);
  // Whoever opens a task that needs review comes for its changes.
  const [part, setPart] = useState<Part>(task.status === 'NEEDS_REVIEW' ? 'changes' : 'overview');
  const padding = 'px-4 py-5 sm:px-6';
  const failure = failureOf(task.status, task.runs.nodes);
  const question = awaitsWords(task.status) ? task.result?.question : null;
  return (
    <>
      <Tabs<Part>
        label="Parts of the task"
        panelId="task-part"
        selected={part}
        onSelect={setPart}
        tabs={[
          { id: 'overview', label: 'Overview' },
          { id: 'changes', label: result?.reason === 'EMPTY_DIFF' ? 'Report' : 'Changes' },
          { id: 'runs', label: 'Runs', count: task.runs.nodes.length },
        ]}
        className="shrink-0 border-b border-line px-2 sm:px-4"
      />
      {failure && !(failure.isOfAttempt && part === 'runs') ? (
        <Notice kind="error" role="alert" className="mx-4 mt-4 shrink-0 sm:mx-6">
          <p className="font-medium">{failure.title}</p>
          <p className="title-wrap whitespace-pre-wrap">{failure.message}</p>
        </Notice>
      ) : null}
      {question ? (
        <Notice kind="info" className="mx-4 mt-4 shrink-0 sm:mx-6">
          <p className="font-medium">The agent asks</p>
          <p className="title-wrap whitespace-pre-wrap">{question}</p>
        </Notice>
      ) : null}
      {task.liveRun?.openPermission?.status === 'PENDING' && part !== 'runs' ? (
        <div className="mx-4 mt-4 max-h-1/2 shrink-0 overflow-y-auto sm:mx-6">
          <AskedInFull permission={task.liveRun.openPermission} />
        </div>
      ) : null}
      {task.liveRun &&
      isRunning(task.liveRun.status) &&
      task.liveRun.runner &&
      task.liveRun.runner.connection !== 'ONLINE' ? (
        <Notice kind="warning" role="status" className="mx-4 mt-4 shrink-0 sm:mx-6">
          <RunConnectionNote runner={task.liveRun.runner} />
          <p>It may still be working. If it is not heard in time, the run is taken away and the task starts again.</p>
        </Notice>
      ) : null}
      <div id="task-part" role="tabpanel" className="flex min-h-0 flex-1 flex-col overflow-y-auto overscroll-contain">
        {part === 'overview' ? (
          <div
            className={`${padding} flex flex-col gap-6 ${isSheet ? '' : 'mx-auto w-full max-w-5xl lg:flex-row-reverse lg:gap-10'}`}
          >
            <TaskFacts task={task} isColumn={!isSheet} />
            <div className="flex min-w-0 flex-1 flex-col gap-6">
              {task.blockedReason ? (
                <Notice kind="warning">
                  <p className="font-medium">Blocked</p>
                  <p className="title-wrap whitespace-pre-wrap">{task.blockedReason}</p>
                </Notice>
              ) : task.waitingReason ? (
                <p className="flex items-center gap-2 text-dense text-muted">
                  <CirclePause aria-hidden className="size-3.5" />
                  <WaitingReason reason={task.waitingReason} />
                </p>
              ) : null}
              {task.feedback ? (
                <section className="rounded-box bg-active px-3 py-2.5 text-dense">
                  <h2 className="flex items-center gap-1.5 font-medium">
                    <CornerUpLeft aria-hidden className="size-3.5 text-muted" />
                    Feedback of the last review
                  </h2>
                  <p className="title-wrap mt-1 whitespace-pre-wrap">{task.feedback}</p>
                </section>
              ) : null}
              <section>
                <h2 className="sr-only">Description</h2>
                {task.description ? (
                  <p className="title-wrap whitespace-pre-wrap">{task.description}</p>
                ) : (
                  <p className="text-muted">No description.</p>
                )}
              </section>
              {task.acceptanceCriteria.length > 0 ? (
                <section>
                  <h2 className="text-dense font-semibold">Acceptance criteria</h2>
                  <ul className="mt-2 flex list-disc flex-col gap-1 pl-5 marker:text-faint">
                    {task.acceptanceCriteria.map((criterion, i) => (
                      <li key={i} className="title-wrap">
                        {criterion}
                      </li>
                    ))}
                  </ul>
                </section>
              ) : null}
              <TaskActivity task={task} />
            </div>
          </div>
        ) : null}
        {part === 'changes' ? <TaskReview task={task} isSheet={isSheet} /> : null}
        {part === 'runs' ? <TaskRuns runs={task.runs.nodes} /> : null}
      </div>
    </>
  );
}

interface EndedRun {
  kind: string;
  status: string;
  reason: string | null;
  message: string | null;
  landingIsMerged: boolean | null;
}

/** What went wrong last and waits for somebody: the merge of an approved task, or its last attempt. The list of runs says the latter itself. */
function failureOf(
  status: string,
  [last]: readonly EndedRun[],
): { title: string; message: string; isOfAttempt: boolean } | null {
  if (!last?.message) return null;
  if (
    status === 'NEEDS_REVIEW' &&
    last.kind === 'MERGE' &&
    last.status !== 'COMPLETED' &&
    last.landingIsMerged !== true
  )
    return { ...mergeFailure(last, last.message), isOfAttempt: false };
  if (status === 'FAILED' && last.kind === 'TASK')
    return { title: 'The last attempt failed', message: last.message, isOfAttempt: true };
  return null;
}

function mergeFailure({ reason, landingIsMerged }: EndedRun, message: string): { title: string; message: string } {
  if (reason === 'REVIEW_OUTDATED') return { title: 'What was reviewed is out of date', message };
  if (landingIsMerged === false) return { title: 'It was not merged', message };
  return {
    title: reason === 'OUTCOME_UNKNOWN' ? 'It is not known whether it was merged' : 'The merge did not succeed',
    message,
  };
}
