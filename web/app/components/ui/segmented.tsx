import { clsx } from 'clsx';
import type { ReactNode } from 'react';

/** One choice out of a few, all in sight. */
export function Segmented<Value extends string>(props: {
  label: string;
  value: Value;
  options: { value: Value; label: ReactNode; title?: string }[];
  onChange(value: Value): void;
  className?: string;
}) {
  return (
    <div
      role="radiogroup"
      aria-label={props.label}
      className={clsx('inline-flex rounded-control border border-line bg-sunken p-px', props.className)}
    >
      {props.options.map((option) => (
        <button
          key={option.value}
          type="button"
          role="radio"
          aria-checked={option.value === props.value}
          title={option.title}
          onClick={() => props.onChange(option.value)}
          className={clsx(
            'flex h-6 items-center gap-1.5 rounded-sm px-2 text-xs font-medium transition-colors duration-100 pointer-coarse:h-9',
            option.value === props.value ? 'bg-active text-fg' : 'text-muted hover:text-fg',
          )}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
