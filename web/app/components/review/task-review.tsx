import { Download, FileDiff } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { useFileText } from '~/lib/use-file-text.ts';
import { useIsPhone } from '~/lib/use-is-phone.ts';
import { buttonClass } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { SkeletonLines } from '../ui/skeleton.tsx';

const DiffView = lazy(() => import('./diff-view.tsx'));

export const TaskReview_TaskFragment = graphql(`
  fragment TaskReview_Task on Task {
    id
    status
    artifacts {
      id
      kind
      name
      size
      url
      createdAt
    }
  }
`);

/** More than this would hold the page still; it can be downloaded. */
const MAX_SHOWN_BYTES = 4 * 1024 * 1024;

/** What the last run changed. */
export function TaskReview({ task: masked, isSheet }: { task: FragmentType<typeof TaskReview_TaskFragment>; isSheet: boolean }) {
  const task = readFragment(TaskReview_TaskFragment, masked);
  const diff = task.artifacts.find((artifact) => artifact.kind === 'DIFF');
  if (!diff) {
    const text = task.status === 'IN_PROGRESS' ? 'The changes appear here when the run has ended.' : 'No run of this task has changed a file yet.';
    return <EmptyState className="flex-1" icon={<FileDiff aria-hidden />} title="No changes" text={text} />;
  }
  if (diff.size > MAX_SHOWN_BYTES) {
    return (
      <EmptyState
        className="flex-1"
        icon={<FileDiff aria-hidden />}
        title="Too large to show"
        text={`The diff has ${(diff.size / 1024 / 1024).toFixed(1)} MB.`}
        action={
          <a href={diff.url} download className={buttonClass()}>
            <Download aria-hidden className="size-4" />
            Download
          </a>
        }
      />
    );
  }
  return <Diff key={diff.id} url={diff.url} isSheet={isSheet} />;
}

function Diff({ url, isSheet }: { url: string; isSheet: boolean }) {
  const { text, error, retry } = useFileText(url);
  const isPhone = useIsPhone();
  const skeleton = (
    <div className="p-6">
      <SkeletonLines count={12} label="Loading the changes" />
    </div>
  );
  if (error) return <ErrorState title="The changes could not be loaded" message={error} onRetry={retry} />;
  if (text === null) return skeleton;
  return (
    <Suspense fallback={skeleton}>
      <DiffView text={text} isNarrow={isSheet || isPhone} />
    </Suspense>
  );
}
