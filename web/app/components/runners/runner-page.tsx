import { ShieldCheck, ShieldOff } from 'lucide-react';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment } from '~/graphql/gql/fragment-masking.ts';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';
import { sandboxText } from '~/lib/sandbox-text.ts';
import { useDocumentTitle } from '~/lib/use-document-title.ts';
import { NothingHere } from '../frame/nothing-here.tsx';
import { PageBody, PageHeader } from '../frame/page-header.tsx';
import { RunnerConnection, RunnerItem_RunnerFragment } from '../settings/runner-item.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { Notice } from '../ui/notice.tsx';
import { SkeletonLines } from '../ui/skeleton.tsx';
import { RunnerLabels } from './runner-labels.tsx';
import { RunnerRepositories } from './runner-repositories.tsx';
import { RunnerWorkFolders } from './runner-work-folders.tsx';

export const Runner_Query = graphql(`
  query Runner($id: ID!) {
    runner(id: $id) {
      id
      runner {
        id
        sandboxNote
        ...RunnerItem_Runner
        ...RunnerLabels_Runner
      }
      ...RunnerRepositories_RunnerPage
      ...RunnerWorkFolders_RunnerPage
    }
  }
`);

/** One machine: what it has, who may use it, what lies on its disk. For administrators. */
export function RunnerPage({ runnerId }: { runnerId: string }) {
  const { data, error, refetch } = useLiveQuery(Runner_Query, { id: runnerId }, { requestPolicy: 'cache-and-network' });
  const page = data?.runner;
  const runner = page ? readFragment(RunnerItem_RunnerFragment, page.runner) : null;
  useDocumentTitle(runner?.name ?? 'Runner');
  if (data && !page) return <NothingHere />;
  return (
    <PageBody isNarrow>
      {page && runner ? (
        <>
          <PageHeader title={runner.name} text={<RunnerConnection runner={page.runner} />} />
          {runner.version === null ? (
            <Notice kind="info" className="mb-6">
              It has not connected yet. Put its token into its runner.json and start it.
            </Notice>
          ) : page.runner.sandboxNote === null ? (
            <p className="mb-6 flex items-center gap-2 text-dense text-muted">
              <ShieldCheck aria-hidden className="size-4 text-done" />
              Its runs are sandboxed.
            </p>
          ) : (
            <p className="title-wrap mb-6 flex items-start gap-2 text-dense">
              <ShieldOff aria-hidden className="mt-0.5 size-4 shrink-0 text-blocked" />
              {sandboxText(page.runner.sandboxNote)}
            </p>
          )}
          <RunnerRepositories page={page} isOnline={runner.connection === 'ONLINE'} onChange={refetch} />
          <RunnerWorkFolders page={page} onChange={refetch} />
          <RunnerLabels runner={page.runner} />
        </>
      ) : error ? (
        <ErrorState title="The runner could not be loaded" message={apiErrorFacts(error).message} onRetry={refetch} />
      ) : (
        <SkeletonLines count={8} label="Loading the runner" />
      )}
    </PageBody>
  );
}
