import type { BytePath } from './byte-paths.ts';
import type { Git } from './git.ts';
import type { GitPlace } from './landing-repository.ts';

/** One side of a change: what a commit has at a path. A submodule is a folder whose files are none of ours. */
export interface TreeEntry {
  blob: string;
  kind: 'file' | 'link' | 'submodule';
}

/** One path that differs between two commits; null: it is not there on that side. */
export interface TreeChange {
  path: BytePath;
  before: TreeEntry | null;
  after: TreeEntry | null;
}

/** What a checkout has to change to get from one commit to another; a renamed file is removed and added. */
export async function listTreeChanges(git: Git, place: GitPlace, from: string, to: string): Promise<TreeChange[]> {
  const { bytes } = await git.ask(
    [
      'diff-tree',
      '-r',
      '-z',
      '--raw',
      '--no-renames',
      '--no-abbrev',
      '--no-ext-diff',
      '--ignore-submodules=none',
      from,
      to,
      '--',
    ],
    place,
  );
  const fields = bytes.toString('latin1').split('\0');
  const changes: TreeChange[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [before = '', after = '', oldBlob = '', newBlob = ''] = (fields[index] ?? '').slice(1).split(' ');
    changes.push({ path: fields[index + 1] ?? '', before: entryOf(before, oldBlob), after: entryOf(after, newBlob) });
  }
  return changes;
}

function entryOf(mode: string, blob: string): TreeEntry | null {
  if (mode === '000000') return null;
  return { blob, kind: mode === '120000' ? 'link' : mode === '160000' ? 'submodule' : 'file' };
}
