import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Everything of a checkout that its owner could miss: files, refs, index, configuration, locks. Not the store of objects, to which
 * unused ones may be added, and not the times of files.
 */
export function snapshot(folder: string, below = ''): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(join(folder, below)).sort()) {
    const path = join(below, name);
    if (path === '.git/objects') continue;
    const stat = lstatSync(join(folder, path), { throwIfNoEntry: false });
    if (stat?.isDirectory()) Object.assign(found, snapshot(folder, path));
    else if (stat?.isSymbolicLink()) found[path] = `-> ${readlinkSync(join(folder, path))}`;
    else if (stat)
      found[path] = createHash('sha256')
        .update(readFileSync(join(folder, path)))
        .digest('hex');
  }
  return found;
}
