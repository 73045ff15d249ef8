import { useQuery } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment } from '~/graphql/gql/fragment-masking.ts';
import type { TaskStatus } from '~/lib/task-status.ts';
import { Button } from '../ui/button.tsx';
import { SkeletonLines } from '../ui/skeleton.tsx';
import { Board_TaskFragment, Cards } from './board.tsx';

export const ClosedColumn_Query = graphql(`
  query ClosedColumn($projectId: ID!, $statuses: [TaskStatus!]!) {
    board(projectId: $projectId, statuses: $statuses) {
      id
      ...Board_Task
    }
  }
`);

interface ClosedColumnProps {
  projectId: string;
  status: TaskStatus;
  draggedId: string | null;
}

/** Tasks that are over, the last ended first; fetched when somebody looks. */
export function ClosedColumn({ projectId, status, draggedId }: ClosedColumnProps) {
  const [{ data, fetching, error }, refetch] = useQuery({
    query: ClosedColumn_Query,
    variables: { projectId, statuses: [status] },
  });
  const tasks = readFragment(Board_TaskFragment, data?.board)?.filter((task) => task.status === status);
  if (tasks)
    return <Cards tasks={[...tasks].sort((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1))} draggedId={draggedId} />;
  if (error) {
    return (
      <div role="alert" className="flex flex-col items-start gap-2 px-2 py-3 text-dense text-muted">
        These could not be loaded.
        <Button size="sm" onClick={() => refetch({ requestPolicy: 'network-only' })}>
          Try again
        </Button>
      </div>
    );
  }
  return fetching ? (
    <div className="px-2 py-2">
      <SkeletonLines count={3} label="Loading tasks" />
    </div>
  ) : null;
}
