import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where programs and their libraries are, on the usual systems, NixOS and Guix among them. Everything else of the machine is not shown. */
export const SYSTEM_FOLDERS = [
  '/usr',
  '/etc',
  '/opt',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/nix',
  '/gnu',
  '/snap',
  '/sys',
];

let known: string[] | null = null;

/**
 * What of /etc we could read only because of who we are, such as the passwords' hashes when we are root. For
 * anybody else the system keeps it by itself. Looked for once: it is the system's, and seldom comes and goes.
 */
export function hiddenSystemPlaces(): readonly string[] {
  known ??= process.getuid?.() === 0 ? findPrivate('/etc') : [];
  return known;
}

function findPrivate(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const at = join(folder, entry.name);
    const stat = lstatSync(at, { throwIfNoEntry: false });
    if (stat?.isDirectory()) {
      // Others get at nothing in a folder that they may not enter, whatever the modes in it say.
      return (stat.mode & 0o005) === 0o005 ? findPrivate(at) : [at];
    }
    return stat?.isFile() && (stat.mode & 0o004) === 0 ? [at] : [];
  });
}
