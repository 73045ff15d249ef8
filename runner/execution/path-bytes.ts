import { isUtf8 } from 'node:buffer';
import { lstatSync, type Stats } from 'node:fs';

/**
 * A path in a repository as Git has it: any bytes but NUL. Held as a string of one character a byte ('latin1'), which
 * loses nothing and can be compared, split at `/` and used as a key.
 */
export type BytePath = string;

/** Git's own answer to `-z`: paths, each ended by a NUL. */
export function splitNul(list: BytePath): BytePath[] {
  return list.split('\0').filter((path) => path !== '');
}

/** The bytes, for Git's input and for the file system. */
export function bytesOf(path: BytePath): Buffer {
  return Buffer.from(path, 'latin1');
}

/** The other way: a name of ours, as Git would list it. */
export function bytePath(text: string): BytePath {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** For people, globs and messages: UTF-8 where it is that, else each byte that is no ASCII as `\xE9`. */
export function textOf(path: BytePath): string {
  const bytes = bytesOf(path);
  if (isUtf8(bytes)) return bytes.toString('utf8');
  return path.replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The same on one line, whatever is in the name. */
export function printable(path: BytePath): string {
  // eslint-disable-next-line no-control-regex -- control characters are exactly what must not be printed
  return textOf(path).replace(/[\u0000-\u001f\u007f]/g, (char) => (char === '\n' ? '\\n' : `\\x${char.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`));
}

/** An absolute file name: a folder of ours and a path below it. */
export function fileIn(folder: string, path: BytePath): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/`), bytesOf(path)]);
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
