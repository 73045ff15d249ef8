import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * Reads a file in a folder that the agents' user may write where we are root: then only what root has written there counts.
 * @returns null when there is none, or it is somebody else's
 */
export function readPrivately(file: string): string | null {
  const isRoot = process.getuid?.() === 0;
  const descriptor = openOrNull(file, isRoot ? O_RDONLY | O_NOFOLLOW | O_NONBLOCK : O_RDONLY);
  if (descriptor === null) return null;
  try {
    const stat = fstatSync(descriptor);
    if (isRoot && !(stat.isFile() && stat.uid === 0 && stat.nlink === 1)) return null;
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

/** Replaces a file by one of our own, which nobody can have opened or linked before: its name was nobody's to guess. */
export function writePrivately(file: string, text: string): void {
  // An unchanged file keeps its owner, who may be another user than we are.
  if (readPrivately(file) === text) return;
  const fresh = `${file}.${randomBytes(8).toString('hex')}.new`;
  try {
    writeFileSync(fresh, text, { mode: 0o600, flag: 'wx' });
    renameSync(fresh, file);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}

function openOrNull(file: string, flags: number): number | null {
  try {
    return openSync(file, flags);
  } catch (error) {
    // ELOOP: a link, which is not to be followed; ENXIO: a socket.
    if (['ENOENT', 'ELOOP', 'ENXIO'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}
