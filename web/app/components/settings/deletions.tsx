import { Eraser } from 'lucide-react';
import { graphql } from '~/graphql/gql/gql.ts';
import type { DeletionsQuery } from '~/graphql/gql/graphql.ts';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import { usePolledQuery } from '~/graphql/use-polled-query.ts';
import { countText } from '~/lib/count-text.ts';
import { Badge } from '../ui/badge.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { MorePages } from '../ui/more-pages.tsx';
import { PageState } from '../ui/page-state.tsx';
import { SkeletonLines } from '../ui/skeleton.tsx';
import { RelativeTime } from '../ui/time.tsx';
import { SettingsList, SettingsSection } from './settings-section.tsx';

const Deletions_Query = graphql(`
  query Deletions($projectId: ID, $after: String) {
    deletions(projectId: $projectId, first: 50, after: $after) {
      nodes {
        id
        kind
        name
        projectName
        deletedBy
        taskCount
        runCount
        logLineCount
        artifactCount
        createdAt
        finishedAt
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

/**
 * What was deleted and by whom, the newest first. For administrators, and for owners of the project.
 * @param projectId of this project only; null: of all
 */
export function Deletions({ projectId }: { projectId: string | null }) {
  // No event tells when the last of something has gone.
  const { data, error, refetch } = usePolledQuery(Deletions_Query, { projectId, after: null });
  return (
    <SettingsSection
      title="Deletions"
      text={
        projectId === null
          ? 'Projects and tasks that were deleted, and by whom. What was in them is gone; this record stays.'
          : 'Tasks of this project that were deleted, and by whom. Only owners and administrators see this.'
      }
    >
      {data?.deletions ? (
        data.deletions.nodes.length > 0 ? (
          <Page page={data.deletions} projectId={projectId} />
        ) : (
          <EmptyState icon={<Eraser aria-hidden />} title="Nothing was deleted yet" />
        )
      ) : error ? (
        <ErrorState title="The list could not be loaded" message={apiErrorFacts(error).message} onRetry={refetch} />
      ) : (
        <SkeletonLines count={3} label="Loading deletions" />
      )}
    </SettingsSection>
  );
}

type PageOfDeletions = NonNullable<DeletionsQuery['deletions']>;
type Deletion = PageOfDeletions['nodes'][number];

function Page({ page, projectId }: { page: PageOfDeletions; projectId: string | null }) {
  return (
    <>
      <SettingsList label="Deletions">
        {page.nodes.map((deletion) => (
          <Item key={deletion.id} deletion={deletion} isOfOneProject={projectId !== null} />
        ))}
      </SettingsList>
      <MorePages pageInfo={page.pageInfo} label="Show older deletions">
        {(after) => <OlderPage after={after} projectId={projectId} />}
      </MorePages>
    </>
  );
}

function OlderPage({ after, projectId }: { after: string; projectId: string | null }) {
  const { data, error, refetch } = useLiveQuery(Deletions_Query, { projectId, after });
  return data?.deletions ? (
    <div className="mt-3">
      <Page page={data.deletions} projectId={projectId} />
    </div>
  ) : (
    <PageState hasFailed={error !== undefined} label="Loading deletions" onRetry={refetch} />
  );
}

function Item({ deletion, isOfOneProject }: { deletion: Deletion; isOfOneProject: boolean }) {
  const { kind, name, projectName, deletedBy, createdAt, finishedAt } = deletion;
  const what = kind === 'PROJECT' ? 'Project' : isOfOneProject ? 'Task' : `Task of ${projectName}`;
  return (
    <li className="flex flex-col gap-0.5 px-4 py-2.5">
      <div className="flex items-baseline gap-3">
        <p className="title-wrap min-w-0 flex-1 font-medium">{name}</p>
        {finishedAt === null ? (
          <Badge title="Nobody sees it any more; its logs and files go in the background">Being removed</Badge>
        ) : null}
        <RelativeTime isShort value={createdAt} className="tabular shrink-0 text-dense text-faint" />
      </div>
      <p className="title-wrap text-dense text-muted">
        {what} deleted by {deletedBy}
      </p>
      <p className="tabular text-xs text-faint">{contentsText(deletion)}</p>
    </li>
  );
}

function contentsText({ kind, taskCount, runCount, logLineCount, artifactCount }: Deletion): string {
  const runs =
    runCount === 0
      ? 'no runs'
      : `${countText(runCount, 'run')} with ${countText(logLineCount, 'line')} of logs and ${countText(artifactCount, 'file')}`;
  return `Held ${kind === 'PROJECT' ? `${countText(taskCount, 'task')} and ` : ''}${runs}`;
}
