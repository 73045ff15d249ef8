import { MessageSquareText } from 'lucide-react';
import type { ReactNode } from 'react';
import { useFileText } from '~/lib/use-file-text.ts';
import { ErrorState } from '../../ui/error-state.tsx';
import { Markdown } from '../../ui/markdown.tsx';
import { SkeletonLines } from '../../ui/skeleton.tsx';

/** What the agent said: the file it is kept in, or its summary where there is no file. */
export function ReportView({ url, summary, note }: { url: string | null; summary: string | null; note: ReactNode }) {
  return (
    <article className="mx-auto w-full max-w-3xl px-4 py-5 sm:px-6">
      <p className="mb-4 flex items-center gap-2 text-dense text-muted">
        <MessageSquareText aria-hidden className="size-3.5 shrink-0" />
        {note}
      </p>
      {url ? <ReportFile key={url} url={url} /> : summary ? <Markdown isDocument text={summary} /> : null}
    </article>
  );
}

function ReportFile({ url }: { url: string }) {
  const { text, error, retry } = useFileText(url);
  if (error) return <ErrorState title="The report could not be loaded" message={error} onRetry={retry} />;
  if (text === null) return <SkeletonLines count={8} label="Loading the report" />;
  return <Markdown isDocument text={text} />;
}
