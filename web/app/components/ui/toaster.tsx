import { CircleAlert, CircleCheck, X } from 'lucide-react';
import { Toast } from 'radix-ui';
import { useSyncExternalStore } from 'react';
import { Button, IconButton } from './button.tsx';
import { dismissToast, toastStore, type ToastItem } from './toast-store.ts';

const SHOWN_MS = 5_000;
/** An error stays until it is read; a minute is long enough for someone who looked away. */
const ERROR_SHOWN_MS = 60_000;

/** Where toasts appear. Their time stands still while the pointer or the focus is on one; F8 brings the focus there. */
export function Toaster() {
  const items = useSyncExternalStore(toastStore.subscribe, toastStore.getSnapshot, toastStore.getServerSnapshot);
  return (
    <Toast.Provider swipeDirection="right">
      {items.map((item) => (
        <ToastView key={item.id} item={item} />
      ))}
      <Toast.Viewport
        data-toasts
        className="pointer-events-none fixed inset-x-3 bottom-[calc(var(--bottom-bar,0px)+12px)] z-60 flex flex-col items-center gap-2 sm:left-auto sm:items-end"
      />
    </Toast.Provider>
  );
}

function ToastView({ item }: { item: ToastItem }) {
  const isError = item.kind === 'error';
  return (
    <Toast.Root
      // An error interrupts what a screen reader reads; the rest waits for its end.
      type={isError ? 'foreground' : 'background'}
      duration={isError ? ERROR_SHOWN_MS : SHOWN_MS}
      onOpenChange={() => dismissToast(item.id)}
      onEscapeKeyDown={passEscapeOn}
      className="pointer-events-auto flex w-full animate-rise-in items-start gap-2 rounded-box bg-overlay py-2.5 pl-3 pr-2 text-dense shadow-overlay sm:w-90"
    >
      {isError ? (
        <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-failed" />
      ) : (
        <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-done" />
      )}
      <Toast.Description className="title-wrap min-w-0 flex-1 py-px">
        {isError ? <span className="sr-only">Error: </span> : null}
        {item.text}
      </Toast.Description>
      {item.action ? (
        <Toast.Action asChild altText={item.action.label} onClick={item.action.run}>
          <Button size="sm" variant="ghost">
            {item.action.label}
          </Button>
        </Toast.Action>
      ) : null}
      <Toast.Close asChild>
        <IconButton size="sm" label="Dismiss" className="-my-1">
          <X aria-hidden className="size-3.5" />
        </IconButton>
      </Toast.Close>
    </Toast.Root>
  );
}

/**
 * Escape goes to the topmost layer only, and a toast is one: who means the dialog behind it would have to press twice.
 * It closes the toast, and what is open behind it as if the toast had not been there; with the focus on the toast, that alone.
 */
function passEscapeOn(event: KeyboardEvent): void {
  if (event.target instanceof Element && event.target.closest('[data-toasts]')) return;
  // After the toast has gone: until then it is the topmost one.
  requestAnimationFrame(() =>
    setTimeout(() => document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))),
  );
}
