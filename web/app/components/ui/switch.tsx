import { clsx } from 'clsx';
import { sayWhyNot } from './button.tsx';

/** On or off, at once. */
export function Switch({
  isOn,
  onChange,
  label,
  isDisabled = false,
  refusal,
}: {
  isOn: boolean;
  onChange(isOn: boolean): void;
  label: string;
  isDisabled?: boolean;
  /** Why the person may not turn it; undefined: he may. It is said to who points at it, and to who tries. */
  refusal?: string | undefined;
}) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={isOn}
      aria-label={label}
      disabled={isDisabled}
      aria-disabled={refusal !== undefined || undefined}
      title={refusal}
      onClick={refusal === undefined ? () => onChange(!isOn) : sayWhyNot(refusal)}
      className={clsx(
        'touch-target inline-flex h-5 w-9 shrink-0 items-center rounded-full border px-0.5 transition-colors duration-100 disabled:opacity-50 aria-disabled:opacity-50',
        isOn ? 'border-accent bg-accent' : 'border-field bg-active',
      )}
    >
      <span
        className={clsx(
          'size-3.5 rounded-full transition-transform duration-100',
          isOn ? 'translate-x-4 bg-on-accent' : 'bg-muted',
        )}
      />
    </button>
  );
}
