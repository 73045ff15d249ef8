import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Where programs and their libraries are, on the usual systems, NixOS and Guix among them. Everything else of the machine is not shown. */
export const SYSTEM_FOLDERS = ['/usr', '/etc', '/opt', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/nix', '/gnu', '/snap', '/sys'];

/** How deep secrets lie in /etc: /etc/ssl/private, /etc/ssh/ssh_host_rsa_key. */
const MAX_DEPTH = 2;

let known: string[] | null = null;

/**
 * Files of /etc that we could read only because of who we are, such as the passwords' hashes when we are root. For
 * anybody else the system keeps them by itself. Looked for once: they are the system's, and do not come and go.
 */
export function hiddenSystemFiles(): string[] {
  known ??= process.getuid?.() === 0 ? findPrivate('/etc', MAX_DEPTH) : [];
  return known;
}

function findPrivate(folder: string, depth: number): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (!stat || stat.isSymbolicLink()) return [];
    const isPrivate = (stat.mode & 0o004) === 0;
    if (stat.isDirectory()) return isPrivate ? findPrivate(path, 1) : depth > 1 ? findPrivate(path, depth - 1) : [];
    return isPrivate && stat.isFile() ? [path] : [];
  });
}
