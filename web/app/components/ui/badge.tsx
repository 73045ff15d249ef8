import { clsx } from 'clsx';
import type { ReactNode } from 'react';

/** A short fact beside a title. */
export function Badge({ className, title, children }: { className?: string; title?: string; children: ReactNode }) {
  return (
    <span title={title} className={clsx('inline-flex h-5 shrink-0 items-center gap-1 rounded-sm bg-active px-1.5 text-xs text-muted', className)}>
      {children}
    </span>
  );
}
