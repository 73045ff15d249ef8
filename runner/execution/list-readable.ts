import { join } from 'node:path';
import { cutMiddle } from '#contract/cut-text.ts';
import { splitPaths, type BytePath } from './byte-paths.ts';
import type { Git, GitCall } from './git.ts';
import { openFolder } from './open-up.ts';
import type { Workspace } from './workspace-record.ts';

/** Git's words, in the C locale: it leaves such a folder out, and ends well. A message of more than 4 KiB lacks its end. */
const UNOPENED = /^warning: could not open directory '(.*?)(?:\/?': ([A-Z][^':\n]*))?$/gm;
const MAX_TRIES = 64;
const MAX_SHOWN_CHARS = 200;

/**
 * Lists files of a task's folder. A folder of ours that may not be read is made readable; any other that Git leaves
 * out, whatever the reason, is named.
 */
export async function listReadable(
  git: Git,
  workspace: Workspace,
  what: readonly string[],
  call: GitCall,
  leftOver: string[],
): Promise<BytePath[]> {
  for (let tries = 0; ; tries += 1) {
    const { bytes, stderr } = await git.ask(['ls-files', '-z', ...what], call);
    const closed = [...stderr.matchAll(UNOPENED)].map(([, folder = '', why = 'File name too long']) => ({
      folder,
      why: why.toLowerCase(),
    }));
    const opened = closed.filter(
      ({ folder, why }) => why === 'permission denied' && openFolder(join(workspace.path, folder)),
    );
    if (opened.length > 0 && tries < MAX_TRIES) continue;
    for (const { folder, why } of closed) {
      const text = `${shortened(folder)}/ can not be read (${why})`;
      if (!leftOver.includes(text)) leftOver.push(text);
    }
    return splitPaths(bytes);
  }
}

/** A path that is too long for Git is too long for a sentence. */
export function shortened(path: string): string {
  return cutMiddle(path, MAX_SHOWN_CHARS);
}
