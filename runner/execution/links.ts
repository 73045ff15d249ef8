import { posix } from 'node:path';
import type { BytePath } from './byte-paths.ts';

/** Whether a link in a repository leads out of it, or into its `.git`. */
export function leadsOutside(link: BytePath, target: BytePath): boolean {
  if (target.startsWith('/')) return true;
  const way = posix.normalize(posix.join(posix.dirname(link), target));
  return way === '..' || way.startsWith('../') || way === '.git' || way.startsWith('.git/');
}
