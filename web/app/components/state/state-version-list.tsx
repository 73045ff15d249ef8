import { clsx } from 'clsx';
import { useQuery } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import type { StateVersionList_StateVersionFragment as StateVersionList_StateVersionFragmentData } from '~/graphql/gql/graphql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { Select } from '../ui/field.tsx';
import { MorePages } from '../ui/more-pages.tsx';
import { PageState } from '../ui/page-state.tsx';
import { RelativeTime } from '../ui/time.tsx';

export const StateVersionList_StateVersionFragment = graphql(`
  fragment StateVersionList_StateVersion on StateVersion {
    id
    revision
    version
    summary
    createdAt
  }
`);

const OlderVersions_Query = graphql(`
  query OlderVersions($projectId: ID!, $after: String!) {
    stateVersions(projectId: $projectId, first: 100, after: $after) {
      nodes {
        id
        revision
        ...StateVersionList_StateVersion
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

interface PageInfo {
  hasNextPage: boolean;
  endCursor: string | null;
}

interface StateVersionListProps {
  projectId: string;
  versions: readonly FragmentType<typeof StateVersionList_StateVersionFragment>[];
  pageInfo: PageInfo;
  latest: number;
  selected: number;
  onSelect(version: number): void;
}

/** All versions, the newest first: a column, or a list to open on a phone. */
export function StateVersionList({
  projectId,
  versions: masked,
  pageInfo,
  latest,
  selected,
  onSelect,
}: StateVersionListProps) {
  const versions = readFragment(StateVersionList_StateVersionFragment, masked);
  return (
    <>
      <div className="shrink-0 border-b border-line p-3 md:hidden">
        <Select aria-label="Version" value={selected} onChange={(event) => onSelect(Number(event.target.value))}>
          {versions.map((state) => (
            <option key={state.id} value={state.version}>
              Version {state.version}
              {state.version === latest ? ' (current)' : ''}: {state.summary}
            </option>
          ))}
        </Select>
      </div>
      <nav
        aria-label="Versions"
        className="hidden w-64 shrink-0 overflow-y-auto overscroll-contain border-r border-line p-2 md:block lg:w-80"
      >
        <Versions versions={versions} selected={selected} onSelect={onSelect} />
        <OlderVersions projectId={projectId} pageInfo={pageInfo} selected={selected} onSelect={onSelect} />
      </nav>
    </>
  );
}

interface VersionsProps {
  selected: number;
  onSelect(version: number): void;
}

function Versions({
  versions,
  selected,
  onSelect,
}: VersionsProps & { versions: readonly StateVersionList_StateVersionFragmentData[] }) {
  return (
    <ul className="flex flex-col gap-px">
      {versions.map((state) => (
        <li key={state.id}>
          <button
            type="button"
            aria-current={state.version === selected}
            onClick={() => onSelect(state.version)}
            className={clsx(
              'flex w-full items-baseline gap-2 rounded-control px-2.5 py-1.5 text-left text-dense',
              state.version === selected ? 'bg-active' : 'hover:bg-hover',
            )}
          >
            <span className="tabular w-8 shrink-0 font-medium">v{state.version}</span>
            <span className="title-wrap line-clamp-3 min-w-0 flex-1 text-muted" title={state.summary}>
              {state.summary}
            </span>
            <RelativeTime isShort value={state.createdAt} className="shrink-0 text-xs text-faint" />
          </button>
        </li>
      ))}
    </ul>
  );
}

function OlderVersions({ projectId, pageInfo, ...list }: VersionsProps & { projectId: string; pageInfo: PageInfo }) {
  return (
    <MorePages pageInfo={pageInfo} label="Show older versions">
      {(after) => <VersionsPage {...list} projectId={projectId} after={after} />}
    </MorePages>
  );
}

function VersionsPage({ projectId, after, ...list }: VersionsProps & { projectId: string; after: string }) {
  const [{ data, error }, refetch] = useQuery({ query: OlderVersions_Query, variables: { projectId, after } });
  const page = data?.stateVersions;
  if (!page)
    return (
      <PageState
        hasFailed={error !== undefined}
        label="Loading versions"
        onRetry={() => refetch({ requestPolicy: 'network-only' })}
      />
    );
  return (
    <>
      <Versions {...list} versions={readFragment(StateVersionList_StateVersionFragment, page.nodes)} />
      <OlderVersions {...list} projectId={projectId} pageInfo={page.pageInfo} />
    </>
  );
}
