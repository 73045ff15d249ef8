import { useState, useSyncExternalStore } from 'react';
import { activeShortcuts, useShortcuts } from '~/lib/shortcuts.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Kbd } from '../ui/kbd.tsx';

let isOpen = false;
const listeners = new Set<() => void>();

function setOpen(next: boolean): void {
  isOpen = next;
  for (const listener of listeners) listener();
}

export function openShortcuts(): void {
  setOpen(true);
}

/** Lists what the keyboard does on this very page. */
export function ShortcutsDialog() {
  const isShown = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => isOpen,
    () => false,
  );
  useShortcuts([{ keys: '?', label: 'Show keyboard shortcuts', run: openShortcuts }]);
  return (
    <Dialog isOpen={isShown} onOpenChange={setOpen} title="Keyboard shortcuts" description="What works on this page.">
      <List />
    </Dialog>
  );
}

function List() {
  // The list of the moment the dialog was opened: it does not change under the eye.
  const [shortcuts] = useState(() => [...new Map(activeShortcuts().map((s) => [s.keys, s])).values()]);
  return (
    <dl className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-2 text-dense">
      {shortcuts.map((s) => (
        <div key={s.keys} className="contents">
          <dt>{s.label}</dt>
          <dd className="flex justify-end gap-1">
            {s.keys.split(' ').map((key) => (
              <Kbd key={key} keys={key} />
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
}
