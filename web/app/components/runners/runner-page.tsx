import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment } from '~/graphql/gql/fragment-masking.ts';
import { apiErrorFacts } from '~/graphql/api-error.ts';
import { usePolledQuery } from '~/graphql/use-polled-query.ts';
import { useDocumentTitle } from '~/lib/use-document-title.ts';
import { NothingHere } from '../frame/nothing-here.tsx';
import { PageBody, PageHeader } from '../frame/page-header.tsx';
import { RunnerConnection, RunnerItem_RunnerFragment } from './runner-item.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { Notice } from '../ui/notice.tsx';
import { SkeletonLines } from '../ui/skeleton.tsx';
import { OutOfDateNotice } from './out-of-date-notice.tsx';
import { RunnerLabels } from './runner-labels.tsx';
import { RunnerPrograms } from './runner-programs.tsx';
import { RunnerRepositories } from './runner-repositories.tsx';
import { SandboxLine } from './sandbox-line.tsx';
import { RunnerWorkFolders } from './runner-work-folders.tsx';

export const Runner_Query = graphql(`
  query Runner($id: ID!) {
    runner(id: $id) {
      id
      runner {
        id
        revision
        sandboxNote
        ...RunnerItem_Runner
        ...RunnerLabels_Runner
        ...RunnerPrograms_Runner
      }
      ...RunnerRepositories_RunnerPage
      ...RunnerWorkFolders_RunnerPage
    }
  }
`);

/** One machine: what it has, who may use it, what lies on its disk. For administrators. */
export function RunnerPage({ runnerId }: { runnerId: string }) {
  const { data, error, refetch, isOutOfDate } = usePolledQuery(Runner_Query, { id: runnerId });
  const page = data?.runner;
  const runner = page ? readFragment(RunnerItem_RunnerFragment, page.runner) : null;
  const isOnline = runner?.connection === 'ONLINE';
  const whyAway = isOnline ? null : 'It is not online';
  // A disabled one still removes folders, but is not asked what is on its disk.
  const whyNoLook = runner?.isEnabled === false ? 'It is disabled' : whyAway;
  useDocumentTitle(runner?.name ?? 'Runner');
  if (data && !page) return <NothingHere />;
  return (
    <PageBody isNarrow>
      {page && runner ? (
        <>
          <PageHeader title={runner.name} text={<RunnerConnection runner={page.runner} />} />
          {isOutOfDate ? <OutOfDateNotice /> : null}
          {runner.version === null ? (
            <Notice kind="info" className="mb-6">
              It has not connected yet. Put its token into its runner.json and start it.
            </Notice>
          ) : (
            <SandboxLine note={page.runner.sandboxNote} isOnline={isOnline} />
          )}
          <RunnerPrograms runner={page.runner} />
          <RunnerRepositories page={page} whyAway={whyNoLook} onChange={refetch} />
          <RunnerWorkFolders page={page} whyAway={whyAway} onChange={refetch} />
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
