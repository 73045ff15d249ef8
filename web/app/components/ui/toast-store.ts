export interface ToastItem {
  id: number;
  kind: 'info' | 'error';
  text: string;
  action?: { label: string; run(): void };
}

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
