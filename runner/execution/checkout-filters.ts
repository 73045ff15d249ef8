import type { BytePath } from './byte-paths.ts';
import type { Git, GitCall } from './git.ts';
import type { LandingOrder } from './landing-order.ts';
import { filtersOf } from './path-filters.ts';

type FilterRules = Pick<LandingOrder['allowed'], 'filters' | 'otherFilters'>;

/** Whether any filter is set up in this place that we do not run. */
export async function hasUntrustedFilters(git: Git, call: GitCall, allowed: FilterRules): Promise<boolean> {
  return [...(await configuredFilters(git, call, allowed))].some((name) => !allowed.filters.has(name));
}

/**
 * The paths whose content goes through a filter that is set up in this place and that we do not run.
 * @param source `files`: by the attributes in the checkout; `index`: by those in the index of `call`
 */
export async function pathsWithUntrustedFilter(
  git: Git,
  call: GitCall,
  paths: readonly BytePath[],
  allowed: FilterRules,
  source: 'files' | 'index',
): Promise<Map<BytePath, string>> {
  const found = new Map<BytePath, string>();
  const configured = await configuredFilters(git, call, allowed);
  if (paths.length === 0 || configured.size === 0) return found;
  for (const [path, filter] of await filtersOf(git, call, paths, source)) {
    if (configured.has(filter) && !allowed.filters.has(filter)) found.set(path, filter);
  }
  return found;
}

/** Names only; nothing of it is run. Our Git does not read what the user has set up for himself: those names it is given. */
async function configuredFilters(git: Git, call: GitCall, { otherFilters }: FilterRules): Promise<Set<string>> {
  const { stdout } = await git.ask(['config', '--list', '--name-only', '-z'], call);
  const names = stdout.split('\0').map((key) => /^filter\.(.*)\.(?:clean|smudge|process)$/s.exec(key)?.[1]);
  return new Set([...names.filter((name) => name !== undefined), ...otherFilters]);
}
