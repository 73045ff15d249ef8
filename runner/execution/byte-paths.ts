/**
 * A path as Git has it: bytes, which need not be UTF-8. Kept as a string with one character a byte (latin1), so that
 * it can be a key, be split at `/`, and go back to Git and to the file system unharmed.
 */
export type BytePath = string & { readonly brand?: 'byte path' };

/** Splits Git's `-z` output. */
export function splitPaths(output: Buffer): BytePath[] {
  return output.toString('latin1').split('\0').filter((path) => path !== '');
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

/** A path for people: what is no UTF-8, controls the terminal or turns the direction of writing is shown as an escape. */
export function printablePath(path: BytePath): string {
  const bytes = Buffer.from(path, 'latin1');
  const text = bytes.toString('utf8');
  const readable = Buffer.from(text).equals(bytes) ? text : path.replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
  // eslint-disable-next-line no-control-regex -- control characters are exactly what must not reach a terminal
  return readable.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (char) => `\\u{${char.codePointAt(0)?.toString(16) ?? ''}}`);
}

/** The first few of many, for a sentence. */
export function namePaths(paths: readonly BytePath[], atMost = 5): string {
  return paths.slice(0, atMost).map(printablePath).join(', ') + (paths.length > atMost ? ' …' : '');
}
