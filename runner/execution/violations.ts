import { rmSync } from 'node:fs';
import { join } from 'node:path';
import picomatch from 'picomatch';
import { inWorkspace } from './agent-repository.ts';
import type { Changes } from './changes.ts';
import { SUBMODULE, SYMLINK, type ChangedFile } from './compare-trees.ts';
import type { Git } from './git.ts';
import { leadsOutside } from './links.ts';
import { printablePath, textOf, type BytePath } from './byte-paths.ts';
import { filtersOf } from './path-filters.ts';
import { readBlobs } from './read-blobs.ts';
import type { Workspace } from './workspace-record.ts';

export interface PathRules {
  allowedGlobs: readonly string[];
  deniedGlobs: readonly string[];
}

/** One path that may not be changed, and why, for people. */
export interface Violation {
  path: BytePath;
  why: string;
}

/** How Git writes the mode of a file, executable or not. */
const REGULAR = '100';
/** `s`: a name may hold a new line, and `**` is to match that too. */
const GLOB_FLAGS = { dot: true, flags: 's' } as const;

/** @returns whether a path may neither be changed nor read; letters' case does not save a name */
export function deniedBy(globs: readonly string[]): (path: string) => boolean {
  return globs.length === 0 ? () => false : picomatch([...globs], { ...GLOB_FLAGS, nocase: true, flags: 'si' });
}

/** Changed paths that the rules do not allow. Denied outranks allowed. */
export async function findViolations(
  git: Git,
  workspace: Workspace,
  changes: Changes,
  rules: PathRules,
): Promise<Violation[]> {
  const isDenied = deniedBy(rules.deniedGlobs);
  const isAllowed = picomatch([...rules.allowedGlobs], GLOB_FLAGS);
  const [targets, filters] = await Promise.all([
    readLinks(git, workspace, changes.files),
    findFilters(git, workspace, changes),
  ]);
  const violations: Violation[] = [];
  for (const { path, mode } of changes.files) {
    const text = textOf(path);
    const target = targets.get(path);
    const filter = filters.get(path)?.find((name) => workspace.filters.untrusted.includes(name));
    if (isDenied(text)) violations.push({ path, why: 'may not be changed' });
    else if (!isAllowed(text)) violations.push({ path, why: 'is outside the allowed paths' });
    else if (mode === SUBMODULE) violations.push({ path, why: 'is a repository inside the repository' });
    else if (target !== undefined && leadsOutside(path, target))
      violations.push({ path, why: `is a link that leads outside the repository (${printablePath(target)})` });
    else if (filter !== undefined)
      violations.push({
        path,
        why: `needs the Git filter ${filter}, which did not run: add it to "filters" in the runner's policy.json, and define it in your own Git configuration, if you trust it`,
      });
  }
  return violations;
}

/** Whether a path goes through a filter that runs: then commits that the agent made without it must not be kept. */
export async function hasFilteredPaths(git: Git, workspace: Workspace, changes: Changes): Promise<boolean> {
  return (await findFilters(git, workspace, changes)).size > 0;
}

/** The targets of changed links, all by one program. */
async function readLinks(
  git: Git,
  workspace: Workspace,
  files: readonly ChangedFile[],
): Promise<Map<BytePath, BytePath>> {
  const links = files.filter(({ mode }) => mode === SYMLINK);
  const targets = await readBlobs(
    git,
    inWorkspace(workspace),
    links.map(({ blob }) => blob),
  );
  return new Map(links.map(({ path }, index) => [path, targets[index]?.toString('latin1') ?? '']));
}

/**
 * The filters of each changed file, where one is configured at all: by the attributes the agent left, which Git goes by
 * when the file is taken in and when it lands, as well as by those of the base, so that a line taken out of
 * .gitattributes opens no way around it. Neither hides the other. Links go through none.
 */
async function findFilters(git: Git, workspace: Workspace, { files, base }: Changes): Promise<Map<BytePath, string[]>> {
  const known = new Set([
    ...workspace.filters.untrusted,
    ...workspace.filters.trusted.map(([key]) => key.slice('filter.'.length, key.lastIndexOf('.'))),
  ]);
  const paths = files.filter(({ mode }) => mode.startsWith(REGULAR)).map(({ path }) => path);
  if (known.size === 0 || paths.length === 0) return new Map();
  const place = inWorkspace(workspace);
  const index = join(workspace.recordFolder, 'git', 'base-index');
  const atBase = { ...place, env: { ...place.env, GIT_INDEX_FILE: index } };
  await git.run(['read-tree', base], atBase);
  const answers = await Promise.all([filtersOf(git, place, paths, 'files'), filtersOf(git, atBase, paths, 'index')]);
  rmSync(index, { force: true });
  const found = new Map<BytePath, string[]>();
  for (const [path, filter] of answers.flatMap((filters) => [...filters])) {
    if (known.has(filter)) found.set(path, [...(found.get(path) ?? []), filter]);
  }
  return found;
}
