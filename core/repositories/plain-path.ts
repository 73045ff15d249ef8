import { posix } from 'node:path';
import { absolutePath } from '#contract/fields.ts';

/** An absolute path in the one form that paths are compared in: no slash at the end, no `//`, no `/./`; `..` is refused. */
export const plainPath = absolutePath.transform(toPlainPath);

/** @param path absolute, without `..` */
export function toPlainPath(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}
