import { isUtf8 } from 'node:buffer';
import { lstatSync, type Stats } from 'node:fs';

/**
 * A path as Git has it: bytes, which need not be UTF-8. Kept as a string with one character a byte (latin1), so that
 * it can be a key, be split at `/`, and go back to Git and to the file system unharmed.
 */
export type BytePath = string & { readonly brand?: 'byte path' };

/** Splits Git's `-z` output. */
export function splitPaths(output: Buffer): BytePath[] {
  return output
    .toString('latin1')
    .split('\0')
    .filter((path) => path !== '');
}

/** The same path below a folder, for Node's own calls. */
export function onDisk(folder: string, path: BytePath): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, 'latin1')]);
}

/** Paths for Git's standard input, `-z`. */
export function joinPaths(paths: Iterable<BytePath>): Buffer {
  return Buffer.from([...paths].map((path) => `${path}\0`).join(''), 'latin1');
}

/** The folder a path is in; '' for the top. */
export function parentOf(path: BytePath): BytePath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** A name of ours, as Git would list it. */
export function bytePath(text: string): BytePath {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** For globs and messages: UTF-8 where it is that, else each byte that is no ASCII as `\xe9`. */
export function textOf(path: BytePath): string {
  const bytes = Buffer.from(path, 'latin1');
  return isUtf8(bytes)
    ? bytes.toString('utf8')
    : path.replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
}

/** A path for people: what is no UTF-8, controls the terminal or turns the direction of writing is shown as an escape. */
export function printablePath(path: BytePath): string {
  return textOf(path).replace(
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (char) => `\\u{${char.codePointAt(0)?.toString(16) ?? ''}}`,
  );
}

/** The first few of many, for a sentence. */
export function namePaths(paths: readonly BytePath[], atMost = 5): string {
  return paths.slice(0, atMost).map(printablePath).join(', ') + (paths.length > atMost ? ' …' : '');
}

/** What stands there, links not followed; null where nothing does, also because a file stands above it. */
export function statOrNull(file: string | Buffer): Stats | null {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) ?? null;
  } catch (error) {
    if (['ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}
