import { Coins } from 'lucide-react';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment } from '~/graphql/gql/fragment-masking.ts';
import type { ProjectSpendQuery } from '~/graphql/gql/graphql.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import { costText, spendText } from '~/lib/spend-text.ts';
import { SpendFigures_SpendFragment } from './spend-figures.ts';

const ProjectSpend_Query = graphql(`
  query ProjectSpend($projectId: ID!) {
    project(id: $projectId) {
      id
      revision
      spend {
        to
        total {
          ...SpendFigures_Spend
        }
        days {
          day
          spend {
            ...SpendFigures_Spend
          }
        }
        agents {
          agentId
          spend {
            ...SpendFigures_Spend
          }
        }
      }
      agents(first: 100) {
        nodes {
          id
          revision
          name
        }
      }
    }
  }
`);

type Project = NonNullable<ProjectSpendQuery['project']>;

/** What the project's runs have used today and in the last seven days; opened, which agent has used how much. */
export function SpendSummary({ projectId }: { projectId: string }) {
  const { data } = useLiveQuery(ProjectSpend_Query, { projectId }, { requestPolicy: 'cache-and-network' });
  const project = data?.project;
  return (
    <details aria-label="Spend" className="shrink-0 border-b border-line px-4 py-1.5 text-dense">
      <summary className="flex min-h-5 cursor-pointer items-center gap-1.5 text-muted">
        <Coins aria-hidden className="size-3.5 shrink-0 text-faint" />
        <span className="tabular truncate">{project ? summaryOf(project) : 'Spend'}</span>
      </summary>
      {project ? <SpendTable project={project} /> : null}
    </details>
  );
}

function summaryOf({ spend }: Project): string {
  const today = spend.days.find(({ day }) => day === spend.to);
  const total = readFragment(SpendFigures_SpendFragment, spend.total);
  const now = today
    ? `Today ${costText(readFragment(SpendFigures_SpendFragment, today.spend))}`
    : 'Nothing was spent today';
  return total.runs > 0 ? `${now} · last 7 days ${costText(total)}` : now;
}

function SpendTable({ project: { spend, agents } }: { project: Project }) {
  if (spend.days.length === 0) return <p className="py-1.5 text-muted">Nothing was spent in the last seven days.</p>;
  const nameOf = (agentId: string): string => agents.nodes.find(({ id }) => id === agentId)?.name ?? 'Another agent';
  const rows = [
    ...spend.agents.map((each) => ({ key: each.agentId, name: nameOf(each.agentId), spend: each.spend })),
    ...spend.days.map((each) => ({ key: each.day, name: each.day, spend: each.spend })),
  ];
  return (
    <div className="max-h-48 overflow-y-auto py-1.5">
      <table className="w-full text-left text-xs">
        <caption className="pb-1 text-left text-muted">
          By agent and by day, the last seven days. Days are those of UTC; a run counts when it ends.
        </caption>
        <tbody>
          {rows.map(({ key, name, spend: figures }) => (
            <tr key={key}>
              <th scope="row" className="py-0.5 pr-3 font-normal whitespace-nowrap">
                {name}
              </th>
              <td className="tabular py-0.5 text-muted">
                {spendText(readFragment(SpendFigures_SpendFragment, figures))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
