import { closeSync, constants, fstatSync, openSync, readlinkSync } from 'node:fs';
import { sep } from 'node:path';

/** Of Linux, on all architectures that Node.js is built for; Node.js does not name it. A descriptor that only stands for a place. */
const O_PATH = 0o10000000;
const BINDS: ReadonlySet<string> = new Set(['--bind', '--ro-bind']);
/** The kernel's own: nobody swaps anything in there, and not all of it can be mounted by descriptor. */
const OF_THE_KERNEL = ['/dev', '/proc', '/sys'];

export interface CheckedMounts {
  args: string[];
  /** The first is to be number `firstFd` in bubblewrap, and so on. */
  fds: readonly number[];
  close(): void;
}

/** What was checked is not there any more: something else is. */
export class MovedError extends Error {
  override readonly name = 'MovedError';
}

/**
 * Opens what bubblewrap is to mount, once, and sees that each is what was checked, so that nobody can swap it for a link
 * before it is mounted. bubblewrap finds the name of a descriptor, mounts that, and sees that it got what the descriptor is.
 * @param args bubblewrap's, with all sources resolved
 * @param firstFd the first free descriptor; null: this bubblewrap mounts by name only, and what is swapped after this is mounted
 * @throws MovedError
 */
export function openMounts(args: readonly string[], firstFd: number | null): CheckedMounts {
  const fds: number[] = [];
  const close = (): void => {
    for (const fd of fds.splice(0)) closeSync(fd);
  };
  const opened = [...args];
  try {
    for (let index = 0; index < args.length; index += 1) {
      const [kind = '', source = ''] = args.slice(index, index + 2);
      if (!BINDS.has(kind) || OF_THE_KERNEL.some((folder) => source === folder || source.startsWith(folder + sep)))
        continue;
      const fd = openPlace(source);
      fds.push(fd);
      if (readlinkSync(`/proc/self/fd/${fd}`) !== source || fstatSync(fd).isSymbolicLink())
        throw new MovedError(`${source} is no longer what was checked`);
      if (firstFd !== null) opened.splice(index, 2, `${kind}-fd`, String(firstFd + fds.length - 1));
    }
  } catch (error) {
    close();
    throw error;
  }
  if (firstFd === null) close();
  return { args: opened, fds, close };
}

function openPlace(path: string): number {
  try {
    return openSync(path, O_PATH | constants.O_NOFOLLOW);
  } catch (error) {
    // Left to bubblewrap by its name, it could be there again by then, as something else.
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw new MovedError(`${path} was checked, and is not there any more`, { cause: error });
    throw error;
  }
}
