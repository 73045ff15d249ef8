import { clsx } from 'clsx';
import type { ReactNode } from 'react';

const TONES = { neutral: 'bg-active text-muted', warning: 'bg-blocked/15 text-blocked' } as const;

/** A short fact beside a title. */
export function Badge({
  tone = 'neutral',
  title,
  children,
}: {
  tone?: keyof typeof TONES;
  title?: string;
  children: ReactNode;
}) {
  return (
    <span
      title={title}
      className={clsx('inline-flex h-5 shrink-0 items-center gap-1 rounded-sm px-1.5 text-xs font-medium', TONES[tone])}
    >
      {children}
    </span>
  );
}
