import { useQuery } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import type { FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { MorePages } from '../ui/more-pages.tsx';
import { PageState } from '../ui/page-state.tsx';
import { RunConsole } from './run-console.tsx';
import { RunRow, type RunRow_RunFragment } from './run-row.tsx';

const OlderRuns_Query = graphql(`
  query OlderRuns($projectId: ID!, $after: String!) {
    runs(projectId: $projectId, first: 40, after: $after) {
      nodes {
        id
        revision
        ...RunRow_Run
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

const OlderRun_Query = graphql(`
  query OlderRun($runId: ID!) {
    run(id: $runId) {
      id
      revision
      ...RunRow_Run
    }
  }
`);

interface OlderRunsProps {
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
  projectId: string;
  selectedId: string | null;
  onSelect(runId: string): void;
}

/** The runs behind those that are shown. */
export function OlderRuns({ pageInfo, ...props }: OlderRunsProps) {
  return (
    <MorePages pageInfo={pageInfo} label="Show older runs">
      {(after) => <RunsPage {...props} after={after} />}
    </MorePages>
  );
}

function RunsPage({ projectId, after, selectedId, onSelect }: Omit<OlderRunsProps, 'pageInfo'> & { after: string }) {
  const [{ data, error }, refetch] = useQuery({ query: OlderRuns_Query, variables: { projectId, after } });
  const page = data?.runs;
  if (!page)
    return (
      <PageState
        hasFailed={error !== undefined}
        label="Loading runs"
        onRetry={() => refetch({ requestPolicy: 'network-only' })}
      />
    );
  return (
    <>
      <ul aria-label="Older runs">
        {page.nodes.map((run) => (
          <RunRow key={run.id} run={run} isSelected={run.id === selectedId} onSelect={() => onSelect(run.id)} />
        ))}
      </ul>
      <OlderRuns pageInfo={page.pageInfo} projectId={projectId} selectedId={selectedId} onSelect={onSelect} />
    </>
  );
}

interface OlderRunConsoleProps {
  runId: string | null;
  /** Shown instead of a run that is not there. */
  standard: FragmentType<typeof RunRow_RunFragment>;
}

/** The log of a run that is not among the newest: somebody chose it from the older ones, or followed a link. */
export function OlderRunConsole({ runId, standard }: OlderRunConsoleProps) {
  const [{ data, error, fetching }, refetch] = useQuery({
    query: OlderRun_Query,
    variables: { runId: runId ?? '' },
    pause: runId === null,
  });
  const run = data?.run?.id === runId ? data?.run : null;
  if (run) return <RunConsole run={run} />;
  if (fetching || error)
    return (
      <PageState
        hasFailed={error !== undefined}
        label="Loading the run"
        onRetry={() => refetch({ requestPolicy: 'network-only' })}
      />
    );
  return <RunConsole run={standard} />;
}
