import { closeSync, mkdirSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onDisk, parentOf, type BytePath } from './byte-paths.ts';
import type { Git, GitCall } from './git.ts';
import { readBlobs } from './read-blobs.ts';

const NAME = '.gitattributes';
const LISTING_PIECE_BYTES = 1 << 20;

/**
 * Writes a commit's .gitattributes, those of every folder, into an otherwise empty worktree: a merge reads them there.
 * @param call the place; `cwd` is the worktree
 */
export async function writeBaseAttributes(git: Git, call: GitCall, commit: string): Promise<void> {
  const listing = join(call.cwd, 'listing');
  await git.run(['ls-tree', '-r', '-z', commit], { ...call, outputFile: listing });
  const files = [...attributeFiles(listing)];
  rmSync(listing);
  const contents = await readBlobs(
    git,
    call,
    files.map(({ blob }) => blob),
  );
  for (const [index, { path }] of files.entries()) {
    mkdirSync(onDisk(call.cwd, parentOf(path)), { recursive: true });
    writeFileSync(onDisk(call.cwd, path), contents[index] ?? '');
  }
}

/** Regular files only: Git follows no link here. A tree made by hand may hold names that lead out; they are left out. */
function* attributeFiles(listing: string): Generator<{ path: BytePath; blob: string }> {
  for (const entry of readEntries(listing)) {
    const [, blob = '', path = ''] = /^100\d+ blob ([0-9a-f]+)\t(.*)$/s.exec(entry) ?? [];
    const parts = path.split('/');
    if (parts.at(-1) === NAME && !parts.some((part) => part === '..' || part === '.' || part === ''))
      yield { path, blob };
  }
}

/** The listing of an enormous repository is read in pieces. */
function* readEntries(listing: string): Generator<string> {
  const file = openSync(listing, 'r');
  try {
    const piece = Buffer.alloc(LISTING_PIECE_BYTES);
    let rest = '';
    for (let length = readSync(file, piece); length > 0; length = readSync(file, piece)) {
      const entries = (rest + piece.toString('latin1', 0, length)).split('\0');
      rest = entries.pop() ?? '';
      yield* entries;
    }
  } finally {
    closeSync(file);
  }
}
