import { useEffect, useRef } from 'react';

export interface Shortcut {
  /** One key ("c", "?"), a chord ("mod+k"), or two keys one after the other ("g b"). */
  keys: string;
  /** What it does, for the list of shortcuts. */
  label: string;
  run(): void;
  /** Also while a text field has the focus. Chords with mod only. */
  isInFields?: boolean;
}

const SEQUENCE_MS = 900;
const active = new Map<symbol, readonly Shortcut[]>();
let pending: { key: string; at: number } | null = null;

/** Every shortcut that works on the page as it stands, the innermost first. */
export function activeShortcuts(): Shortcut[] {
  return [...active.values()].reverse().flat();
}

/** Binds keys while the component is on the page; what was bound later wins. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    const id = Symbol('shortcuts');
    const proxies = latest.current.map((s, i): Shortcut => ({ ...s, run: () => latest.current[i]?.run() }));
    active.set(id, proxies);
    if (active.size === 1) addEventListener('keydown', onKeyDown);
    return () => {
      active.delete(id);
      if (active.size === 0) removeEventListener('keydown', onKeyDown);
    };
  }, []);
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.repeat) return;
  const isInField = isTextField(event.target);
  const key = pressed(event);
  if (key === null) return;
  const now = event.timeStamp;
  const sequence = pending && now - pending.at < SEQUENCE_MS ? `${pending.key} ${key}` : null;
  const all = activeShortcuts().filter((s) => !isInField || s.isInFields);
  const match = (sequence ? all.find((s) => s.keys === sequence) : undefined) ?? all.find((s) => s.keys === key);
  pending = !match && all.some((s) => s.keys.startsWith(`${key} `)) ? { key, at: now } : null;
  if (!match || (isDialogOpen() && !key.startsWith('mod+'))) return;
  event.preventDefault();
  match.run();
}

function pressed(event: KeyboardEvent): string | null {
  if (event.altKey || ['Control', 'Meta', 'Shift', 'Alt'].includes(event.key)) return null;
  const key = event.key.toLowerCase();
  return event.metaKey || event.ctrlKey ? `mod+${key}` : key;
}

function isTextField(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  );
}

/** A dialog has the keyboard for itself. */
function isDialogOpen(): boolean {
  return document.querySelector('[role="dialog"][data-state="open"], [role="menu"][data-state="open"]') !== null;
}
