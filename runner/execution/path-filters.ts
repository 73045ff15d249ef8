import { joinPaths, type BytePath } from './byte-paths.ts';
import type { Git, GitCall } from './git.ts';

/**
 * The filter that the attributes name for each path. A name is text, as it is in configurations and in the policy;
 * for a path without a filter it is one of Git's own words, such as `unspecified`.
 * @param source `files`: by the attributes in the checkout; `index`: by those in the index of `call`
 */
export async function filtersOf(
  git: Git,
  call: GitCall,
  paths: readonly BytePath[],
  source: 'files' | 'index',
): Promise<Map<BytePath, string>> {
  const { bytes } = await git.ask(
    ['check-attr', ...(source === 'index' ? ['--cached'] : []), '-z', '--stdin', 'filter'],
    { ...call, input: joinPaths(paths) },
  );
  const fields = bytes.toString('latin1').split('\0');
  const filters = new Map<BytePath, string>();
  // Path, attribute, value.
  for (let at = 0; at + 2 < fields.length; at += 3)
    filters.set(fields[at] ?? '', Buffer.from(fields[at + 2] ?? '', 'latin1').toString('utf8'));
  return filters;
}
