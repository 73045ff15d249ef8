import { useEffect } from 'react';
import { graphql } from '~/graphql/gql/gql.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import type { TaskStatus } from '~/lib/task-status.ts';

const ClosedCount_Query = graphql(`
  query ClosedCount($projectId: ID!, $statuses: [TaskStatus!]!) {
    board(projectId: $projectId, statuses: $statuses) {
      id
      status
    }
  }
`);

interface ClosedCountProps {
  projectId: string;
  status: TaskStatus;
  onCount(count: number): void;
}

/** How many tasks are over, folded or not: little more than their ids, and true while tasks come and go. */
export function ClosedCount({ projectId, status, onCount }: ClosedCountProps): null {
  const { data } = useLiveQuery(ClosedCount_Query, { projectId, statuses: [status] });
  const count = data?.board.filter((task) => task.status === status).length;
  useEffect(() => {
    if (count !== undefined) onCount(count);
  }, [count, onCount]);
  return null;
}
