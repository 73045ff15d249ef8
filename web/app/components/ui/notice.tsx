import { clsx } from 'clsx';
import { CircleAlert, Info, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';

const KINDS = {
  info: { Icon: Info, className: 'bg-active text-fg', icon: 'text-muted' },
  warning: { Icon: TriangleAlert, className: 'bg-blocked/12 text-fg', icon: 'text-blocked' },
  error: { Icon: CircleAlert, className: 'bg-failed/12 text-fg', icon: 'text-failed' },
} as const;

/** A sentence that must be seen where it stands. */
export function Notice({
  kind,
  className,
  children,
  role,
}: {
  kind: keyof typeof KINDS;
  className?: string;
  children: ReactNode;
  role?: 'alert' | 'status';
}) {
  const { Icon, className: colours, icon } = KINDS[kind];
  return (
    <div
      role={role}
      className={clsx('flex items-start gap-2 rounded-control px-3 py-2 text-dense', colours, className)}
    >
      <Icon aria-hidden className={clsx('mt-0.5 size-3.5 shrink-0', icon)} />
      <div className="min-w-0 flex-1">{children}</div>
    </div>
  );
}
