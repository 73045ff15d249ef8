import { clsx } from 'clsx';

/** On or off, at once. */
export function Switch({
  isOn,
  onChange,
  label,
  isDisabled = false,
}: {
  isOn: boolean;
  onChange(isOn: boolean): void;
  label: string;
  isDisabled?: boolean;
}) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={isOn}
      aria-label={label}
      disabled={isDisabled}
      onClick={() => onChange(!isOn)}
      className={clsx(
        'touch-target inline-flex h-5 w-9 shrink-0 items-center rounded-full border px-0.5 transition-colors duration-100 disabled:opacity-50',
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
