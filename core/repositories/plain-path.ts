import { posix } from 'node:path';
import { z } from 'zod';
import { absolutePath } from '#contract/fields.ts';

/** An absolute path in the one form that paths are compared in: no slash at the end, no `//`, no `/./`; `..` is refused. */
export const plainPath = z
  .string()
  // Where a link is on the way, ".." leads elsewhere than it reads: whoever typed it says what they mean.
  .refine((path) => !path.startsWith('/') || !path.split('/').includes('..'), {
    error: ({ input }) => `Type the path without "..": ${toPlainPath(String(input))}`,
    abort: true,
  })
  .pipe(absolutePath)
  .transform(toPlainPath);

/** @param path absolute, without `..` */
export function toPlainPath(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}
