import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isInside } from './paths.ts';

const MAX_FILE_BYTES = 1024 * 1024;

/** A line for the log where a task's folder has submodules: they are fetched by nobody, and empty. */
export function emptySubmodules(folder: string): string[] {
  const text = readSmall(join(folder, '.gitmodules'));
  const paths = [...text.matchAll(/^\s*path\s*=\s*(.+?)\s*$/gm)].map((match) => match[1] ?? '');
  const empty = paths.filter((path) => isInside(folder, join(folder, path)) && isEmptyFolder(join(folder, path)));
  if (empty.length === 0) return [];
  return [
    `Submodules are not fetched, so these folders are empty: ${empty.slice(0, 10).join(', ')}${empty.length > 10 ? ' …' : ''}`,
  ];
}

/** A line for the log where files go through filters that did not run. */
export function unfilteredFiles(folder: string, untrusted: readonly string[]): string[] {
  const attributes = readSmall(join(folder, '.gitattributes'));
  const used = untrusted.filter((name) =>
    new RegExp(`\\bfilter=${name.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')}(\\s|$)`, 'm').test(attributes),
  );
  if (used.length === 0) return [];
  return [
    `The Git ${used.length === 1 ? 'filter' : 'filters'} ${used.join(', ')} did not run: files that go through it are here as they are stored. "filters" in the runner's policy.json names those it trusts from your own Git configuration.`,
  ];
}

function readSmall(path: string): string {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isFile() && stat.size <= MAX_FILE_BYTES ? readFileSync(path, 'utf8') : '';
}

function isEmptyFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true && readdirSync(path).length === 0;
}
