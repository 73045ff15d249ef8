import { rmSync, statfsSync, writeSync } from 'node:fs';

/** With less than this free a disk counts as full: what a run's end writes about itself does not fit. */
const FULL_BYTES = 64 * 1024;

const FULL_CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);
/** The disk takes nothing more, for another reason than its size. */
const BROKEN_CODES: ReadonlySet<string> = new Set(['EIO', 'EROFS', 'EFBIG', 'ESTALE', 'ENXIO']);
/** How programs that we start say the same. */
const FULL_WORDS = /no space left on device|disk quota exceeded/i;
const BROKEN_WORDS = /read-only file system|input\/output error/i;

/** What a failed write says about the disk; null: nothing. */
export function diskFaultOf(error: unknown): 'full' | 'broken' | null {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    const { code, stderr } = cause as NodeJS.ErrnoException & { stderr?: unknown };
    const words = typeof stderr === 'string' ? stderr : '';
    if (FULL_CODES.has(code ?? '') || FULL_WORDS.test(words)) return 'full';
    if (BROKEN_CODES.has(code ?? '') || BROKEN_WORDS.test(words)) return 'broken';
  }
  return null;
}

/** Whether there is no room, in bytes or in names, on the disk that holds a folder. A folder that can not be asked about is not called full. */
export function isDiskFull(folder: string): boolean {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(folder);
    // Some file systems count no names: then both numbers are 0.
    return bavail * bsize < FULL_BYTES || (files > 0 && ffree === 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return false;
  }
}

/**
 * Writes all of it or fails: on a disk that is nearly full a write takes what still fits and says so by a number.
 * @throws the file system's error
 */
export function writeWhole(file: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length;) from += writeSync(file, bytes, from);
}

/** Removes a file that was being written when that failed; what failed is told by whoever caught it. */
export function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}
