import { clsx } from 'clsx';

/** Holds the place of what is coming. */
export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={clsx('animate-shimmer rounded-control bg-active', className)} />;
}

/** Lines of text on their way; said once to those who listen. */
export function SkeletonLines({ count, label = 'Loading' }: { count: number; label?: string }) {
  return (
    <div role="status" className="flex flex-col gap-2">
      <span className="sr-only">{label}</span>
      {Array.from({ length: count }, (_, i) => (
        <Skeleton key={i} className={clsx('h-4', ['w-11/12', 'w-4/5', 'w-full', 'w-2/3'][i % 4])} />
      ))}
    </div>
  );
}
