import { useQuery } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment } from '~/graphql/gql/fragment-masking.ts';
import type { TaskStatus } from '~/lib/task-status.ts';
import { MorePages } from '../ui/more-pages.tsx';
import { PageState } from '../ui/page-state.tsx';
import { Board_TaskFragment } from './board-task.ts';
import { byPriorityThenAge, Cards } from './cards.tsx';

export const ColumnPage_Query = graphql(`
  query ColumnPage($projectId: ID!, $status: TaskStatus!, $after: String) {
    board(projectId: $projectId, statuses: [$status]) {
      status
      tasks(first: 50, after: $after) {
        nodes {
          id
          revision
          ...Board_Task
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

/** These fill for ever; they are fetched when their column is open. */
export const CLOSED: readonly TaskStatus[] = ['DONE', 'CANCELED'];

interface ColumnPageProps {
  projectId: string;
  status: TaskStatus;
  /** Null: from the start. */
  after: string | null;
  /** Of the whole column; null: not known yet. */
  count: number | null;
  /** In the pages before this one. */
  shownBefore?: number;
  draggedId: string | null;
}

/** A part of a column that is fetched when somebody looks, and the offer to see what is behind it. */
export function ColumnPage({ projectId, status, after, count, shownBefore = 0, draggedId }: ColumnPageProps) {
  const [{ data, error }, refetch] = useQuery({ query: ColumnPage_Query, variables: { projectId, status, after } });
  const page = data?.board?.[0]?.tasks;
  if (!page)
    return (
      <PageState
        hasFailed={error !== undefined}
        label="Loading tasks"
        onRetry={() => refetch({ requestPolicy: 'network-only' })}
      />
    );
  const tasks = readFragment(Board_TaskFragment, page.nodes).filter((task) => task.status === status);
  const sorted = [...tasks].sort(
    CLOSED.includes(status) ? (a, b) => (a.updatedAt < b.updatedAt ? 1 : -1) : byPriorityThenAge,
  );
  return (
    <>
      <Cards tasks={sorted} draggedId={draggedId} isRest={after !== null} />
      <MoreCards
        projectId={projectId}
        status={status}
        count={count}
        shown={shownBefore + sorted.length}
        pageInfo={page.pageInfo}
        draggedId={draggedId}
      />
    </>
  );
}

interface MoreCardsProps extends Pick<ColumnPageProps, 'projectId' | 'status' | 'count' | 'draggedId'> {
  shown: number;
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** Says how much of a column is shown, when it is not all of it. */
export function MoreCards({ shown, pageInfo, count, ...column }: MoreCardsProps) {
  return (
    <MorePages
      pageInfo={pageInfo}
      label={count === null ? 'Show more' : `Show more (${shown} of ${count.toLocaleString('en')})`}
    >
      {(after) => <ColumnPage {...column} after={after} count={count} shownBefore={shown} />}
    </MorePages>
  );
}
