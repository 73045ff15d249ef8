import { clsx } from 'clsx';
import { lazy, Suspense } from 'react';
import { useIsHydrated } from '~/lib/platform.ts';

const LazyMarkdown = lazy(() => import('./markdown-body.tsx'));

/** Text with markdown in it. Until the part that reads it is here, it is shown as it was written. */
export function Markdown({
  text,
  className,
  isDocument = false,
}: {
  text: string;
  className?: string;
  isDocument?: boolean;
}) {
  const isHydrated = useIsHydrated();
  const plain = <p className="title-wrap whitespace-pre-wrap">{text}</p>;
  return (
    <div className={clsx('min-w-0', className)}>
      {isHydrated ? (
        <Suspense fallback={plain}>
          <LazyMarkdown text={text} isDocument={isDocument} />
        </Suspense>
      ) : (
        plain
      )}
    </div>
  );
}
