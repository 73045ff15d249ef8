import { clsx } from 'clsx';
import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';

/** A page laid over the right side of another one; what lies below stays where it was. */
export function Sheet(props: {
  isOpen: boolean;
  onClose(): void;
  label: string;
  className?: string;
  children: ReactNode;
}) {
  return (
    <Radix.Root open={props.isOpen} onOpenChange={(isOpen) => (isOpen ? undefined : props.onClose())}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-30 animate-fade-in bg-scrim" />
        <Radix.Content
          aria-describedby={undefined}
          className={clsx(
            'fixed inset-y-0 right-0 z-30 flex w-full animate-slide-in flex-col bg-canvas shadow-overlay outline-none sm:w-[min(720px,calc(100vw-64px))]',
            props.className,
          )}
          // The first focus belongs to the sheet itself: a tooltip or a keyboard on a phone must not open with it.
          onOpenAutoFocus={(event) => {
            event.preventDefault();
            (event.currentTarget as HTMLElement).focus();
          }}
        >
          <Radix.Title className="sr-only">{props.label}</Radix.Title>
          {props.children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
