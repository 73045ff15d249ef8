import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment } from '~/graphql/gql/fragment-masking.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import { spendText } from '~/lib/spend-text.ts';
import { SpendFigures_SpendFragment } from './spend-figures.ts';

const TaskSpend_Query = graphql(`
  query TaskSpend($taskId: ID!) {
    task(id: $taskId) {
      id
      revision
      spend {
        ...SpendFigures_Spend
      }
    }
  }
`);

/** What all attempts at a task that have ended have used. */
export function TaskSpend({ taskId }: { taskId: string }) {
  const { data } = useLiveQuery(TaskSpend_Query, { taskId }, { requestPolicy: 'cache-and-network' });
  const spend = data?.task ? readFragment(SpendFigures_SpendFragment, data.task.spend) : null;
  if (!spend || spend.runs === 0) return <span className="text-muted">Nothing yet</span>;
  return <span className="tabular wrap-anywhere">{spendText(spend)}</span>;
}
