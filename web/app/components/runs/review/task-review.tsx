import { Download, FileDiff } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { REPORT_NAME } from '#contract/enums.ts';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { useFileText } from '~/lib/use-file-text.ts';
import { useIsPhone } from '~/lib/use-is-phone.ts';
import { buttonClass } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { RemovedNotice } from '../../ui/removed-notice.tsx';
import { SkeletonLines } from '../../ui/skeleton.tsx';
import { ReportView } from './report-view.tsx';
import { TaskResult_RunFragment } from './task-result.ts';

const DiffView = lazy(() => import('./diff-view.tsx'));

export const TaskReview_TaskFragment = graphql(`
  fragment TaskReview_Task on Task {
    id
    revision
    status
    result {
      id
      revision
      ...TaskResult_Run
    }
  }
`);

/** More than this would hold the page still; it can be downloaded. */
const MAX_SHOWN_BYTES = 4 * 1024 * 1024;

/** What the attempt that ended last has to show: what it changed, and what it has to say where that is the result. */
export function TaskReview({
  task: masked,
  isSheet,
}: {
  task: FragmentType<typeof TaskReview_TaskFragment>;
  isSheet: boolean;
}) {
  const task = readFragment(TaskReview_TaskFragment, masked);
  const result = readFragment(TaskResult_RunFragment, task.result);
  const diff = result?.artifacts.nodes.find((artifact) => artifact.kind === 'DIFF');
  const report = result?.artifacts.nodes.find(
    (artifact) => artifact.kind === 'REPORT' && artifact.name === REPORT_NAME,
  );
  const removedAt = diff?.removedAt ?? report?.removedAt;
  if (removedAt) return <RemovedNotice what="Changes" at={removedAt} text="What was merged is in the repository." />;
  if (diff && report) {
    return (
      <>
        <div className="max-h-[45%] shrink-0 overflow-y-auto overscroll-contain border-b border-line">
          <ReportView url={report.url} summary={null} note="What the agent reports" />
        </div>
        <Changes diff={diff} isSheet={isSheet} />
      </>
    );
  }
  if (diff) return <Changes diff={diff} isSheet={isSheet} />;
  if (result?.status === 'COMPLETED' && (report || result.summary)) {
    return (
      <ReportView
        url={report?.url ?? null}
        summary={result.summary}
        note="No file was changed. This is what the agent says."
      />
    );
  }
  const text =
    task.status === 'IN_PROGRESS'
      ? 'The changes appear here when the run has ended.'
      : result?.status === 'COMPLETED'
        ? 'The agent ended well, changed no file and said nothing.'
        : 'No run of this task has changed a file yet.';
  return <EmptyState className="flex-1" icon={<FileDiff aria-hidden />} title="No changes" text={text} />;
}

function Changes({ diff, isSheet }: { diff: { id: string; size: number; url: string }; isSheet: boolean }) {
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
