import { closeSync, constants, openSync, readlinkSync } from 'node:fs';
import { realpathOrNull } from './paths.ts';

const hasDescriptorLinks = process.platform === 'linux';

/**
 * Opens the folder that a command is to work in, once. Whoever swaps it for a link afterwards changes nothing: what
 * was opened is what was checked.
 * @param path resolved, and checked against the policy
 * @returns a descriptor to be closed, and a path that leads to exactly this folder; null: another one is there by now
 */
export function openCheckedFolder(path: string): { fd: number; path: string } | null {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
  // A link in place of a folder further up is followed when opening; the kernel knows where it has led.
  const real = hasDescriptorLinks ? readlinkSync(`/proc/self/fd/${fd}`) : realpathOrNull(path);
  if (real === path) return { fd, path: hasDescriptorLinks ? `/proc/self/fd/${fd}` : path };
  closeSync(fd);
  return null;
}
