import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';

/** A folder with more entries is told with what was counted so far: its size is for people and for a rough cap. */
const MAX_ENTRIES = 300_000;
const BLOCK_BYTES = 512;

/** What a folder takes on the disk. Files with several names are counted once; what may not be read counts for nothing. */
export async function measureFolder(folder: string, maxEntries = MAX_ENTRIES): Promise<number> {
  const seen = new Set<string>();
  const open = [folder];
  let bytes = 0;
  let entries = 0;
  for (let current = open.pop(); current !== undefined && entries < maxEntries; current = open.pop()) {
    try {
      for await (const entry of await opendir(current)) {
        entries += 1;
        if (entries >= maxEntries) break;
        const path = join(current, entry.name);
        if (entry.isDirectory()) open.push(path);
        const stat = await lstat(path);
        const key = `${stat.dev}:${stat.ino}`;
        if (stat.nlink > 1 && !stat.isDirectory() && seen.has(key)) continue;
        if (stat.nlink > 1) seen.add(key);
        bytes += stat.blocks * BLOCK_BYTES;
      }
    } catch (error) {
      // Unreadable, or gone meanwhile: a run may be at work in it.
      if (!['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return bytes;
}
