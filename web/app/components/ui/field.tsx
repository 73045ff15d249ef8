import { clsx } from 'clsx';
import { CircleAlert } from 'lucide-react';
import {
  cloneElement,
  forwardRef,
  useId,
  type InputHTMLAttributes,
  type ReactElement,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
} from 'react';

const CONTROL =
  'w-full rounded-control border border-field bg-raised text-fg placeholder:text-faint transition-colors duration-100 hover:border-muted focus-visible:outline-offset-0 disabled:opacity-60 aria-invalid:border-failed';

export const Input = forwardRef<HTMLInputElement, InputHTMLAttributes<HTMLInputElement>>(function Input(
  { className, ...rest },
  ref,
) {
  return <input ref={ref} className={clsx(CONTROL, 'h-9 px-2.5', className)} {...rest} />;
});

export const Textarea = forwardRef<HTMLTextAreaElement, TextareaHTMLAttributes<HTMLTextAreaElement>>(function Textarea(
  { className, ...rest },
  ref,
) {
  return <textarea ref={ref} className={clsx(CONTROL, 'min-h-20 px-2.5 py-2', className)} {...rest} />;
});

/** The browser's own list: right on every device, searchable by typing. */
export const Select = forwardRef<HTMLSelectElement, SelectHTMLAttributes<HTMLSelectElement>>(function Select(
  { className, ...rest },
  ref,
) {
  return <select ref={ref} className={clsx(CONTROL, 'h-9 px-2', className)} {...rest} />;
});

interface ControlProps {
  id?: string;
  'aria-invalid'?: boolean;
  'aria-describedby'?: string;
}

/** A control with its label, its hint, and its error where the eye is. */
export function Field(props: {
  label: string;
  hint?: ReactNode;
  error?: string | null;
  isOptional?: boolean;
  className?: string;
  children: ReactElement<ControlProps>;
}) {
  const id = useId();
  const noteId = `${id}-note`;
  const hasNote = Boolean(props.error ?? props.hint);
  return (
    <div className={clsx('flex flex-col gap-1', props.className)}>
      <label htmlFor={id} className="flex items-baseline justify-between text-dense font-medium text-fg">
        {props.label}
        {props.isOptional ? <span className="text-xs font-normal text-faint">Optional</span> : null}
      </label>
      {cloneElement(props.children, {
        id,
        'aria-invalid': props.error ? true : undefined,
        'aria-describedby': hasNote ? noteId : undefined,
      })}
      {hasNote ? (
        <p id={noteId} className={clsx('flex items-start gap-1.5 text-xs', props.error ? 'text-failed' : 'text-muted')}>
          {props.error ? <CircleAlert aria-hidden className="mt-0.5 size-3 shrink-0" /> : null}
          <span>{props.error ?? props.hint}</span>
        </p>
      ) : null}
    </div>
  );
}
