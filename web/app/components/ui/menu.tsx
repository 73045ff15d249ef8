import { clsx } from 'clsx';
import { Check } from 'lucide-react';
import { DropdownMenu as Radix } from 'radix-ui';
import type { ReactElement, ReactNode } from 'react';
import { sayWhyNot } from './button.tsx';

const ITEM =
  'flex min-h-8 cursor-pointer select-none items-center gap-2 rounded-control px-2 py-1 text-dense text-fg outline-none aria-disabled:cursor-not-allowed aria-disabled:text-faint data-highlighted:bg-hover pointer-coarse:min-h-11';

/** A button with a list of actions below it. `trigger` must take a ref (Button, IconButton). */
export function Menu(props: {
  trigger: ReactElement;
  label?: string;
  align?: 'start' | 'center' | 'end';
  side?: 'top' | 'bottom' | 'right';
  className?: string;
  children: ReactNode;
}) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{props.trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          aria-label={props.label}
          align={props.align ?? 'start'}
          side={props.side ?? 'bottom'}
          sideOffset={4}
          collisionPadding={8}
          className={clsx(
            'z-50 max-h-[min(70vh,var(--radix-dropdown-menu-content-available-height))] min-w-44 max-w-80 animate-rise-in overflow-y-auto rounded-box bg-overlay p-1 shadow-overlay',
            props.className,
          )}
        >
          {props.children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export function MenuItem(props: {
  onSelect?: () => void;
  /** Why the person may not do it; undefined: he may. It is said to who points at it, and to who tries. */
  refusal?: string | undefined;
  isDanger?: boolean;
  isChecked?: boolean;
  icon?: ReactNode;
  hint?: ReactNode;
  asChild?: boolean;
  children: ReactNode;
}) {
  if (props.asChild) {
    return (
      <Radix.Item asChild className={ITEM}>
        {props.children}
      </Radix.Item>
    );
  }
  return (
    <Radix.Item
      className={clsx(ITEM, props.isDanger && 'text-failed')}
      // Not `disabled`: the arrow keys would pass it by, and a tap would do nothing.
      aria-disabled={props.refusal !== undefined || undefined}
      title={props.refusal}
      onSelect={props.refusal === undefined ? props.onSelect : sayWhyNot(props.refusal)}
    >
      {props.icon ? <span className="flex w-4 justify-center text-muted">{props.icon}</span> : null}
      <span className="min-w-0 flex-1 truncate">{props.children}</span>
      {props.hint ? <span className="text-xs text-faint">{props.hint}</span> : null}
      {props.isChecked ? <Check aria-label="current" className="size-3.5 text-accent-text" /> : null}
    </Radix.Item>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-2 py-1 text-xs text-muted">{children}</Radix.Label>;
}

export function MenuSeparator() {
  return <Radix.Separator className="mx-1 my-1 h-px bg-line" />;
}
