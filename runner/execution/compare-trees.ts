import type { Git, GitCall } from './git.ts';
import type { BytePath } from './byte-paths.ts';

/** One path that differs. */
export interface ChangedFile {
  path: BytePath;
  /** As Git writes it; `000000`: it is gone. */
  mode: string;
  blob: string;
  /** The same before: `000000` for a new path. */
  was: { mode: string; blob: string };
}

export interface Comparison {
  files: ChangedFile[];
  additions: number;
  deletions: number;
}

export const GONE = '000000';
export const SYMLINK = '120000';
export const SUBMODULE = '160000';

/** What differs between two trees or commits, renames as removed and added. */
export async function compareTrees(git: Git, place: GitCall, base: string, tree: string): Promise<Comparison> {
  const { bytes } = await git.ask(
    [
      'diff-tree',
      '-r',
      '-z',
      '--raw',
      '--numstat',
      '--no-renames',
      '--no-ext-diff',
      '--no-textconv',
      '--no-abbrev',
      base,
      tree,
      '--',
    ],
    place,
  );
  const changes: Comparison = { files: [], additions: 0, deletions: 0 };
  const fields = bytes.toString('latin1').split('\0');
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index] ?? '';
    if (field.startsWith(':')) {
      const [oldMode = '', mode = '', oldBlob = '', blob = ''] = field.slice(1).split(' ');
      index += 1;
      changes.files.push({ path: fields[index] ?? '', mode, blob, was: { mode: oldMode, blob: oldBlob } });
      continue;
    }
    const [additions, deletions] = field.split('\t');
    // Binary files count as `-`.
    changes.additions += Number.parseInt(additions ?? '', 10) || 0;
    changes.deletions += Number.parseInt(deletions ?? '', 10) || 0;
  }
  return changes;
}
