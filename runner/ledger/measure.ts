import { lstat, opendir } from 'node:fs/promises';
import { onDisk } from '../execution/byte-paths.ts';

/** A folder with more entries is told with what was counted so far: its size is for people and for a rough cap. */
const MAX_ENTRIES = 300_000;
const BLOCK_BYTES = 512;

/** What a folder takes on the disk. Files with several names are counted once; what can not be looked at counts for nothing. */
export async function measureFolder(folder: string, maxEntries = MAX_ENTRIES): Promise<number> {
  const seen = new Set<string>();
  const open = [''];
  let bytes = 0;
  let entries = 0;
  for (let current = open.pop(); current !== undefined && entries < maxEntries; current = open.pop()) {
    for await (const name of namesIn(onDisk(folder, current))) {
      entries += 1;
      if (entries >= maxEntries) break;
      const path = `${current}${name}`;
      const stat = await lstat(onDisk(folder, path)).catch(asNothing);
      if (!stat) continue;
      if (stat.isDirectory()) open.push(`${path}/`);
      const key = `${stat.dev}:${stat.ino}`;
      if (stat.nlink > 1 && !stat.isDirectory() && seen.has(key)) continue;
      if (stat.nlink > 1) seen.add(key);
      bytes += stat.blocks * BLOCK_BYTES;
    }
  }
  return bytes;
}

/** The names in a folder, one by one, as bytes (latin1). */
async function* namesIn(folder: Buffer): AsyncGenerator<string> {
  try {
    for await (const { name } of await opendir(folder, { encoding: 'latin1' })) yield name;
  } catch (error) {
    asNothing(error);
  }
}

/** Unreadable, too deep, or gone meanwhile: a run may be at work in it. Only the system can say so; what it says is no matter. */
function asNothing(error: unknown): null {
  if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  return null;
}
