import { lstatSync, readlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { onDisk, printablePath, type BytePath } from './byte-paths.ts';
import type { Git, GitCall } from './git.ts';
import type { TreeEntry } from './tree-changes.ts';

/** The bytes from a place on, at most so many; fewer: the end was near. */
type Read = (offset: number, length: number) => Promise<Buffer>;

/**
 * Whether a file or a link holds what one of the commits has there, or a beginning of it: a full disk cuts a file off.
 * Read in pieces: it may be larger than memory.
 */
export async function isEither(
  git: Git,
  call: GitCall,
  path: BytePath,
  entries: readonly (TreeEntry | null)[],
): Promise<boolean> {
  const file = onDisk(call.cwd, path);
  if (lstatSync(file).isSymbolicLink()) {
    const target = readlinkSync(file, { encoding: 'buffer' });
    return beginsAny(
      git,
      call,
      path,
      entries.filter((entry) => entry?.kind === 'link'),
      async (offset, length) => target.subarray(offset, offset + length),
    );
  }
  const handle = await open(file);
  try {
    const read: Read = async (offset, length) => {
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    };
    return await beginsAny(
      git,
      call,
      path,
      entries.filter((entry) => entry?.kind === 'file'),
      read,
    );
  } finally {
    await handle.close();
  }
}

async function beginsAny(
  git: Git,
  call: GitCall,
  path: BytePath,
  entries: readonly (TreeEntry | null)[],
  read: Read,
): Promise<boolean> {
  const isText = !printablePath(path).includes('\\x');
  for (const entry of entries) {
    if (entry === null) continue;
    // Line ends and the like as this checkout has them; the option takes text only.
    const args =
      entry.kind === 'link' || !isText
        ? ['cat-file', 'blob', entry.blob]
        : ['cat-file', '--filters', `--path=${Buffer.from(path, 'latin1').toString('utf8')}`, entry.blob];
    if (await begins(git.pieces(args, call), read)) return true;
  }
  return false;
}

/** Whether these pieces begin with all that can be read. */
async function begins(pieces: AsyncIterable<Buffer>, read: Read): Promise<boolean> {
  let offset = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length;) {
      const found = await read(offset, piece.length - at);
      if (found.length === 0) return true;
      if (!found.equals(piece.subarray(at, at + found.length))) return false;
      at += found.length;
      offset += found.length;
    }
  }
  return (await read(offset, 1)).length === 0;
}
