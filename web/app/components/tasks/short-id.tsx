import { clsx } from 'clsx';

/** What people call a task. It stands beside titles, and never before them: quiet, and in one piece. */
export function ShortId({ value, className }: { value: string; className?: string }) {
  return <span className={clsx('shrink-0 whitespace-nowrap font-mono text-2xs text-faint', className)}>{value}</span>;
}
