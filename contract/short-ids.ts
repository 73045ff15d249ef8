/** A project's key: what its tasks' short ids begin with. */
export const PROJECT_KEY = /^[A-Z][A-Z0-9]{1,9}$/;
export const MAX_PROJECT_KEY_CHARS = 10;

const SHORT_ID = /^([A-Za-z][A-Za-z0-9]{1,9})-([1-9][0-9]{0,8})$/;

/** What people call a task: its project's key, and its number in it. */
export interface ShortId {
  key: string;
  number: number;
}

export function formatShortId({ key, number }: ShortId): string {
  return `${key}-${number}`;
}

/** Reads `SHOP-12` or `shop-12`; null for anything else. */
export function parseShortId(said: string): ShortId | null {
  const [, key, number] = SHORT_ID.exec(said.trim()) ?? [];
  return key === undefined ? null : { key: key.toUpperCase(), number: Number(number) };
}
