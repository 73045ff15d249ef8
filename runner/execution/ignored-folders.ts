import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inWorkspace } from './agent-repository.ts';
import type { Git } from './git.ts';
import { joinPaths, onDisk, splitPaths, statOrNull, type BytePath } from './byte-paths.ts';
import type { Workspace } from './workspace-record.ts';

/**
 * Which of these paths the repository's rules ignore as folders. Git looks at what stands there, and a rule such as
 * `node_modules/` is about folders only: so it is asked in a tree with the rules and nothing else, where folders of these names are.
 */
export async function isIgnoredFolder(
  git: Git,
  workspace: Workspace,
  paths: readonly BytePath[],
): Promise<Set<BytePath>> {
  const tree = join(workspace.recordFolder, 'folders');
  rmSync(tree, { recursive: true, force: true });
  try {
    for (const path of paths) {
      mkdirSync(onDisk(tree, path), { recursive: true });
      for (const folder of foldersAbove(path)) copyRules(workspace.path, tree, folder);
    }
    const { bytes } = await git.ask(['check-ignore', '-z', '--stdin'], {
      ...inWorkspace(workspace),
      cwd: tree,
      workTree: tree,
      input: joinPaths(paths),
      okCodes: [1],
    });
    return new Set(splitPaths(bytes));
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

function foldersAbove(path: BytePath): BytePath[] {
  const parts = path.split('/');
  return parts.map((_part, index) =>
    parts
      .slice(0, index)
      .map((part) => `${part}/`)
      .join(''),
  );
}

function copyRules(from: string, to: string, folder: BytePath): void {
  const rules = onDisk(from, `${folder}.gitignore`);
  if (statOrNull(rules)?.isFile()) copyFileSync(rules, onDisk(to, `${folder}.gitignore`));
}
