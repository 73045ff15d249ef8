import { useSearchParams } from '@remix-run/react';
import { FileClock } from 'lucide-react';
import { useState } from 'react';
import { graphql } from '~/graphql/gql/gql.ts';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import { useDocumentTitle } from '~/lib/use-document-title.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { SkeletonLines } from '../ui/skeleton.tsx';
import { StateDocument } from './state-document.tsx';
import { StateEditor } from './state-editor.tsx';
import { StateVersionList } from './state-version-list.tsx';

export const State_Query = graphql(`
  query State($projectId: ID!) {
    stateVersion(projectId: $projectId) {
      id
      revision
      version
      format
      content
      summary
      changes {
        kind
      }
      createdAt
      updatedAt
      humanPart {
        currentFocus
        status
        notes
        pinnedActions {
          description
          priority
        }
      }
    }
    stateVersions(projectId: $projectId, first: 100) {
      nodes {
        id
        revision
        version
        ...StateVersionList_StateVersion
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

const OldState_Query = graphql(`
  query OldState($projectId: ID!, $version: Int!) {
    stateVersion(projectId: $projectId, version: $version) {
      id
      revision
      version
      format
      content
      summary
      changes {
        kind
      }
      createdAt
      updatedAt
    }
  }
`);

/** Where the project stands, as the system wrote it down; every version of it, and what changed between them. */
export function StatePage({ projectId }: { projectId: string }) {
  const { data, error, refetch } = useLiveQuery(State_Query, { projectId });
  const [params, setParams] = useSearchParams();
  const [isEditing, setEditing] = useState(false);
  const latest = data?.stateVersion ?? null;
  const chosen = Number(params.get('version')) || null;
  const isOld = chosen !== null && chosen !== latest?.version;
  const old = useLiveQuery(OldState_Query, { projectId, version: chosen ?? 0 }, { isPaused: !isOld });
  const shown = isOld ? (old.data?.stateVersion ?? null) : latest;
  useDocumentTitle(shown ? `State v${shown.version}` : 'State');

  if (!data) {
    return error ? (
      <ErrorState
        title="The state document could not be loaded"
        message={apiErrorFacts(error).message}
        onRetry={refetch}
      />
    ) : (
      <main className="p-8">
        <SkeletonLines count={14} label="Loading the state document" />
      </main>
    );
  }
  if (!latest) {
    return (
      <main className="flex min-h-0 flex-1">
        <EmptyState
          className="flex-1"
          icon={<FileClock aria-hidden />}
          title="No state document yet"
          text="It is written as soon as something has happened: a task, a run, a message."
        />
      </main>
    );
  }
  const choose = (version: number): void => {
    setEditing(false);
    setParams(version === latest.version ? {} : { version: String(version) }, {
      replace: true,
      preventScrollReset: true,
    });
  };
  return (
    <main className="flex min-h-0 flex-1 flex-col md:flex-row">
      <StateVersionList
        projectId={projectId}
        versions={data.stateVersions?.nodes ?? []}
        pageInfo={data.stateVersions?.pageInfo ?? { hasNextPage: false, endCursor: null }}
        latest={latest.version}
        selected={chosen ?? latest.version}
        onSelect={choose}
      />
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        {isEditing && latest.humanPart ? (
          <StateEditor
            projectId={projectId}
            version={latest.version}
            humanPart={latest.humanPart}
            onDone={() => setEditing(false)}
          />
        ) : shown ? (
          <StateDocument
            projectId={projectId}
            state={shown}
            latest={latest.version}
            onEdit={() => setEditing(true)}
            onRolledBack={() => choose(latest.version)}
          />
        ) : old.data ? (
          <EmptyState className="flex-1" title={`There is no version ${chosen}`} />
        ) : (
          <div className="p-6">
            <SkeletonLines count={14} label="Loading this version" />
          </div>
        )}
      </div>
    </main>
  );
}
