import { useQuery } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { MorePages } from '../ui/more-pages.tsx';
import { PageState } from '../ui/page-state.tsx';
import { TaskEventItem } from './task-event-item.tsx';

const OlderActivity_Query = graphql(`
  query OlderActivity($taskId: ID!, $after: String!) {
    task(id: $taskId) {
      id
      revision
      events(first: 50, after: $after) {
        nodes {
          id
          ...TaskEventItem_TaskEvent
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

interface OlderActivityProps {
  taskId: string;
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** What happened before the entries that are shown; it comes above them. */
export function OlderActivity({ taskId, pageInfo }: OlderActivityProps) {
  return (
    <MorePages pageInfo={pageInfo} label="Show older entries">
      {(after) => <ActivityPage taskId={taskId} after={after} />}
    </MorePages>
  );
}

function ActivityPage({ taskId, after }: { taskId: string; after: string }) {
  const [{ data, error }, refetch] = useQuery({ query: OlderActivity_Query, variables: { taskId, after } });
  const page = data?.task?.events;
  if (!page)
    return (
      <PageState
        hasFailed={error !== undefined}
        label="Loading entries"
        onRetry={() => refetch({ requestPolicy: 'network-only' })}
      />
    );
  const events = page.nodes.toReversed();
  return (
    <>
      <OlderActivity taskId={taskId} pageInfo={page.pageInfo} />
      <ol className="mt-3 flex flex-col">
        {events.map((event, i) => (
          <TaskEventItem key={event.id} event={event} before={events[i - 1]} isLast={false} />
        ))}
      </ol>
    </>
  );
}
