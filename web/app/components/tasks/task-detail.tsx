import { graphql } from '~/graphql/gql/gql.ts';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import type { TaskStatus } from '~/lib/task-status.ts';
import { ErrorState } from '../ui/error-state.tsx';
import { SkeletonLines } from '../ui/skeleton.tsx';
import { NothingHere } from '../frame/nothing-here.tsx';
import { TaskActions } from './task-actions.tsx';
import { TaskBody } from './task-body.tsx';

export const TaskDetail_Query = graphql(`
  query TaskDetail($taskId: ID!) {
    task(id: $taskId) {
      id
      title
      status
      liveRun {
        id
      }
      project {
        id
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
  header(task: { id: string; title: string; status: TaskStatus } | null): JSX.Element;
}

/** All there is to know of a task, and what can be done with it: a page of its own, or a sheet over the board. */
export function TaskDetail({ taskId, isSheet, header }: TaskDetailProps) {
  const { data, error, refetch } = useLiveQuery(TaskDetail_Query, { taskId });
  const task = data?.task;
  return (
    <>
      {header(task ?? null)}
      {task ? (
        <>
          <TaskBody task={task} isSheet={isSheet} />
          <TaskActions task={task} />
        </>
      ) : error ? (
        <ErrorState title="The task could not be loaded" message={apiErrorFacts(error).message} onRetry={refetch} />
      ) : data ? (
        <NothingHere />
      ) : (
        <div className="flex-1 p-6">
          <SkeletonLines count={8} label="Loading the task" />
        </div>
      )}
    </>
  );
}
