export interface ToastItem {
  id: number;
  kind: 'info' | 'error';
  text: string;
  action?: { label: string; run(): void };
}

const SHOWN_MS = 5_000;
/** An error stays until it is read; a minute is long enough for someone who looked away. */
const ERROR_SHOWN_MS = 60_000;
const MAX_SHOWN = 4;

let items: readonly ToastItem[] = [];
let lastId = 0;
const listeners = new Set<() => void>();
const NONE: readonly ToastItem[] = [];

function set(next: readonly ToastItem[]): void {
  items = next;
  for (const listener of listeners) listener();
}

/** Shows a short message over the page. The same words are not stacked twice. */
export function showToast(toast: Omit<ToastItem, 'id'>): void {
  const item = { ...toast, id: ++lastId };
  set([...items.filter((other) => other.text !== toast.text), item].slice(-MAX_SHOWN));
  setTimeout(() => dismissToast(item.id), toast.kind === 'error' ? ERROR_SHOWN_MS : SHOWN_MS);
}

export function dismissToast(id: number): void {
  if (items.some((item) => item.id === id)) set(items.filter((item) => item.id !== id));
}

export const toastStore = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  getSnapshot: (): readonly ToastItem[] => items,
  getServerSnapshot: (): readonly ToastItem[] => NONE,
};
