import { clsx } from 'clsx';
import type { ReactNode } from 'react';

/** Says why there is nothing here, and what the next step is. */
export function EmptyState(props: {
  icon?: ReactNode;
  title: string;
  text?: ReactNode;
  action?: ReactNode;
  className?: string;
}) {
  return (
    <div className={clsx('flex flex-col items-center justify-center gap-2 px-6 py-10 text-center', props.className)}>
      {props.icon ? <div className="mb-1 text-faint [&>svg]:size-6">{props.icon}</div> : null}
      <p className="font-medium text-fg">{props.title}</p>
      {props.text ? <p className="max-w-sm text-dense text-muted text-pretty">{props.text}</p> : null}
      {props.action ? <div className="mt-3">{props.action}</div> : null}
    </div>
  );
}
