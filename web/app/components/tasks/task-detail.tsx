import { Link, type LinkProps } from '@remix-run/react';
import { graphql } from '~/graphql/gql/gql.ts';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import { buttonClass } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { SkeletonLines } from '../ui/skeleton.tsx';
import { TaskActions } from './task-actions.tsx';
import { TaskBody } from './task-body.tsx';
import type { TitledTask } from './task-title.tsx';

export const TaskDetail_Query = graphql(`
  query TaskDetail($taskId: ID!) {
    task(id: $taskId) {
      id
      revision
      shortId
      title
      status
      heldBy
      liveRun {
        id
        revision
      }
      project {
        id
        revision
        name
      }
      ...TaskBody_Task
      ...TaskActions_Task
    }
  }
`);

interface TaskDetailProps {
  taskId: string;
  /** The side sheet has less room: the diff is a link there. */
  isSheet: boolean;
  /** Where the board is. */
  back: LinkProps['to'];
  /** @param task null while it is on its way */
  header(task: TitledTask | 'missing' | null): JSX.Element;
}

/** All there is to know of a task, and what can be done with it: a page of its own, or a sheet over the board. */
export function TaskDetail({ taskId, isSheet, back, header }: TaskDetailProps) {
  const { data, error, refetch } = useLiveQuery(TaskDetail_Query, { taskId });
  const task = data?.task;
  const isMissing = data !== undefined && !task && !error;
  return (
    <>
      {header(isMissing ? 'missing' : (task ?? null))}
      {task ? (
        <>
          <TaskBody task={task} isSheet={isSheet} />
          <TaskActions task={task} back={back} />
        </>
      ) : error ? (
        <ErrorState title="The task could not be loaded" message={apiErrorFacts(error).message} onRetry={refetch} />
      ) : isMissing ? (
        <EmptyState
          className="flex-1"
          title="There is no task at this address"
          text="It may have been deleted, be in a project that you may not see, or the address was cut off."
          action={
            <Link to={back} preventScrollReset className={buttonClass()}>
              Back to the board
            </Link>
          }
        />
      ) : (
        <div className="flex-1 p-6">
          <SkeletonLines count={8} label="Loading the task" />
        </div>
      )}
    </>
  );
}
