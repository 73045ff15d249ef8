import { CircleAlert, CircleCheck, X } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { Button, IconButton } from './button.tsx';
import { dismissToast, toastStore } from './toast-store.ts';

/** Where toasts appear; the region is there from the start, so that screen readers hear what comes into it. */
export function Toaster() {
  const items = useSyncExternalStore(toastStore.subscribe, toastStore.getSnapshot, toastStore.getServerSnapshot);
  return (
    <ol
      aria-live="polite"
      aria-label="Notifications"
      className="pointer-events-none fixed inset-x-3 bottom-[calc(var(--bottom-bar,0px)+12px)] z-60 flex flex-col items-center gap-2 sm:left-auto sm:items-end"
    >
      {items.map((item) => (
        <li
          key={item.id}
          className="pointer-events-auto flex w-full animate-rise-in items-start gap-2 rounded-box bg-overlay py-2.5 pl-3 pr-2 text-dense shadow-overlay sm:w-90"
        >
          {item.kind === 'error' ? (
            <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-failed" />
          ) : (
            <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-done" />
          )}
          <p className="title-wrap min-w-0 flex-1 py-px">
            {item.kind === 'error' ? <span className="sr-only">Error: </span> : null}
            {item.text}
          </p>
          {item.action ? (
            <Button
              size="sm"
              variant="ghost"
              onClick={() => {
                item.action?.run();
                dismissToast(item.id);
              }}
            >
              {item.action.label}
            </Button>
          ) : null}
          <IconButton size="sm" label="Dismiss" className="-my-1" onClick={() => dismissToast(item.id)}>
            <X aria-hidden className="size-3.5" />
          </IconButton>
        </li>
      ))}
    </ol>
  );
}
