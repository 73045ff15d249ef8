import { graphql } from '~/graphql/gql/gql.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import { TASK_STATUSES, type TaskStatus } from '~/lib/task-status.ts';

const TaskCounts_Query = graphql(`
  query TaskCounts($projectId: ID!, $statuses: [TaskStatus!]!) {
    board(projectId: $projectId, statuses: $statuses) {
      status
      taskCount
    }
  }
`);

/** How many tasks of a project have each status, as its database says; asked again when one has moved. */
export function useTaskCounts(projectId: string): Partial<Record<TaskStatus, number>> {
  const { data } = useLiveQuery(TaskCounts_Query, { projectId, statuses: [...TASK_STATUSES] });
  return Object.fromEntries((data?.board ?? []).map(({ status, taskCount }) => [status, taskCount]));
}
