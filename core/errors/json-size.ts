import { MAX_JSON_DEPTH, MAX_JSON_VALUES } from '#core/config/limits.ts';

/**
 * Whether a JSON value is deeper or of more parts than anything we take. To be asked of every input before anything
 * else looks at it: what comes later may be slower than linear, or call itself.
 * @returns a sentence for the caller; null: it is small enough
 */
export function whyJsonTooLarge(value: unknown): string | null {
  let values = 0;
  let level: unknown[] = [value];
  // Level by level, not by recursion: how deep a value goes is up to who sends it.
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_JSON_DEPTH) return `JSON here is nested at most ${MAX_JSON_DEPTH} deep.`;
    values += level.length;
    if (values > MAX_JSON_VALUES) return `JSON here has at most ${MAX_JSON_VALUES} values.`;
    const next: unknown[] = [];
    for (const each of level) {
      if (!isOfJson(each)) continue;
      for (const item of Array.isArray(each) ? (each as unknown[]) : Object.values(each)) next.push(item);
    }
    level = next;
  }
  return null;
}

/** A file that is sent beside the JSON is no part of it: a reader keeps the file's bytes in an object like any other. */
function isOfJson(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Array.isArray(value);
}
