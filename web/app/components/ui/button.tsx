import { clsx } from 'clsx';
import { forwardRef, type ButtonHTMLAttributes } from 'react';
import { Spinner } from './spinner.tsx';
import { showToast } from './toast-store.ts';

export type ButtonVariant = 'primary' | 'secondary' | 'ghost' | 'danger';
export type ButtonSize = 'sm' | 'md' | 'lg';

const BASE =
  'touch-target inline-flex shrink-0 select-none items-center justify-center gap-1.5 whitespace-nowrap rounded-control font-medium transition-colors duration-100 disabled:opacity-50 aria-disabled:opacity-50';
const VARIANTS: Record<ButtonVariant, string> = {
  primary: 'bg-accent text-on-accent not-disabled:not-aria-disabled:hover:bg-accent-hover',
  secondary: 'border border-line-strong bg-raised text-fg not-disabled:not-aria-disabled:hover:bg-hover',
  ghost:
    'text-muted not-disabled:not-aria-disabled:hover:bg-hover not-disabled:not-aria-disabled:hover:text-fg aria-expanded:bg-hover aria-expanded:text-fg aria-pressed:bg-active aria-pressed:text-fg',
  danger: 'bg-danger text-on-accent not-disabled:not-aria-disabled:hover:bg-danger-hover',
};
const SIZES: Record<ButtonSize, string> = {
  sm: 'h-7 px-2 text-dense',
  md: 'h-8 px-3 text-dense',
  lg: 'h-10 px-4 text-base',
};
const ICON_SIZES: Record<ButtonSize, string> = { sm: 'size-7', md: 'size-8', lg: 'size-10' };

/** The look of a button, for links that act as one. */
export function buttonClass({
  variant = 'secondary',
  size = 'md',
  isIcon = false,
}: { variant?: ButtonVariant; size?: ButtonSize; isIcon?: boolean } = {}): string {
  return clsx(BASE, VARIANTS[variant], isIcon ? ICON_SIZES[size] : SIZES[size]);
}

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  variant?: ButtonVariant;
  size?: ButtonSize;
  /** Shows that the click is on its way; the button keeps its width and its focus. */
  isBusy?: boolean;
  /** Why the person may not do it; undefined: he may. It is said to who points at it, and to who tries. */
  refusal?: string | undefined;
}

export const Button = forwardRef<HTMLButtonElement, ButtonProps>(function Button(
  { variant, size, isBusy = false, refusal, className, children, onClick, ...rest },
  ref,
) {
  return (
    <button
      ref={ref}
      type="button"
      aria-busy={isBusy || undefined}
      // Not `disabled`: that takes no focus and no tap, and could not say why.
      aria-disabled={isBusy || refusal !== undefined || undefined}
      className={clsx(buttonClass({ variant, size }), className)}
      onClick={isBusy ? (event) => event.preventDefault() : refusal === undefined ? onClick : sayWhyNot(refusal)}
      {...rest}
      {...(refusal === undefined ? {} : { title: refusal })}
    >
      {isBusy ? <Spinner /> : null}
      {children}
    </button>
  );
});

/** What a click, or Enter, does on something that is not for the person. */
export function sayWhyNot(refusal: string): (event: { preventDefault(): void }) => void {
  return (event) => {
    event.preventDefault();
    showToast({ kind: 'error', text: refusal });
  };
}

export interface IconButtonProps extends Omit<ButtonProps, 'aria-label' | 'isBusy' | 'refusal'> {
  /** What it does, for those who do not see the icon. */
  label: string;
}

export const IconButton = forwardRef<HTMLButtonElement, IconButtonProps>(function IconButton(
  { variant = 'ghost', size = 'md', label, className, ...rest },
  ref,
) {
  return (
    <button
      ref={ref}
      type="button"
      aria-label={label}
      className={clsx(buttonClass({ variant, size, isIcon: true }), className)}
      {...rest}
    />
  );
});
