import { lstatSync, readdirSync } from 'node:fs';
import { onDisk, parentOf, type BytePath } from './byte-paths.ts';
import type { TreeChange } from './tree-changes.ts';

/**
 * Files of the user's, ignored ones too, where a merge is to put something: Git would overwrite those it ignores.
 * @param isCaseIgnored the file system takes `README` and `readme` for one
 */
export function filesInTheWay(folder: string, changes: readonly TreeChange[], isCaseIgnored: boolean): BytePath[] {
  const search = new Search(folder, changes, isCaseIgnored);
  return [...new Set(changes.filter(bringsSomething).flatMap((change) => search.obstacles(change)))].sort();
}

/** Where Git knows a file already, it compares before it writes. A submodule's folder is no file it knows. */
function bringsSomething({ before, after }: TreeChange): boolean {
  return after !== null && (before === null || (before.kind === 'submodule' && after.kind !== 'submodule'));
}

class Search {
  private readonly removed: Set<BytePath>;
  private readonly names = new Map<BytePath, Map<string, BytePath>>();

  constructor(
    private readonly folder: string,
    changes: readonly TreeChange[],
    private readonly isCaseIgnored: boolean,
  ) {
    this.removed = new Set(changes.filter(({ after }) => after === null).map(({ path }) => this.fold(path)));
  }

  obstacles({ path, after }: TreeChange): BytePath[] {
    const parts = path.split('/');
    for (let length = 1; length <= parts.length; length += 1) {
      const found = this.find(parts.slice(0, length).join('/'));
      if (found === null) return [];
      if (!found.isFolder) return this.isRemoved(found.path) ? [] : [found.path];
    }
    // A folder where a file is to be; for a submodule, that is how it should be.
    return after?.kind === 'submodule' ? [] : this.filesBelow(path);
  }

  private filesBelow(folder: BytePath): BytePath[] {
    return readdirSync(onDisk(this.folder, folder), { withFileTypes: true, encoding: 'buffer' }).flatMap((entry) => {
      const path = `${folder}/${entry.name.toString('latin1')}`;
      if (entry.isDirectory()) return this.filesBelow(path);
      return this.isRemoved(path) ? [] : [path];
    });
  }

  /** What is at a path, under whichever spelling the file system takes for the same. */
  private find(path: BytePath): { path: BytePath; isFolder: boolean } | null {
    const stat = lstatSync(onDisk(this.folder, path), { throwIfNoEntry: false });
    if (stat) return { path, isFolder: stat.isDirectory() };
    const other = this.isCaseIgnored ? this.spelling(path) : undefined;
    return other === undefined ? null : { path: other, isFolder: lstatSync(onDisk(this.folder, other)).isDirectory() };
  }

  private spelling(path: BytePath): BytePath | undefined {
    const parent = parentOf(path);
    let names = this.names.get(parent);
    if (!names) {
      const entries = lstatSync(onDisk(this.folder, parent), { throwIfNoEntry: false })?.isDirectory()
        ? readdirSync(onDisk(this.folder, parent), { encoding: 'buffer' })
        : [];
      names = new Map(
        entries.map((name) => [
          this.fold(name.toString('latin1')),
          `${parent === '' ? '' : `${parent}/`}${name.toString('latin1')}`,
        ]),
      );
      this.names.set(parent, names);
    }
    return names.get(this.fold(path.slice(parent === '' ? 0 : parent.length + 1)));
  }

  private isRemoved(path: BytePath): boolean {
    return this.removed.has(this.fold(path));
  }

  private fold(path: BytePath): string {
    return this.isCaseIgnored ? Buffer.from(path, 'latin1').toString('utf8').normalize('NFC').toLowerCase() : path;
  }
}
