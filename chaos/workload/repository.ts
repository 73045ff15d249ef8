import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./agent.mjs', import.meta.url));

/** What a person has in a repository beside the branch that agents start from. All of it must look the same afterwards. */
export const OWN_FILES: Readonly<Record<string, string>> = {
  'notes.txt': 'my own notes, in no commit\n',
  'ignored/cache.bin': 'ignored, and dear to me\n',
};

/** Git as the person who owns the repository. */
export function git(folder: string, ...args: string[]): string {
  return execFileSync(
    'git',
    ['-c', 'user.name=Owner', '-c', 'user.email=owner@example.test', '-c', 'core.hooksPath=/dev/null', ...args],
    { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 64 * 1024 * 1024 },
  );
}

/** Makes the repository that every schedule gets a copy of: some history, a tag, a branch and a stash of the owner's. */
export function makeTemplateRepository(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  for (const part of ['src', 'tools', 'ignored']) mkdirSync(join(folder, part), { recursive: true });
  git(folder, 'init', '--quiet', '--initial-branch=main');
  for (let number = 0; number < 20; number += 1)
    writeFileSync(join(folder, 'src', `file-${number}.js`), `export const value = ${number};\n`.repeat(50));
  cpSync(PROGRAM, join(folder, 'tools', 'agent.mjs'));
  writeFileSync(join(folder, '.gitignore'), 'ignored/\n');
  git(folder, 'add', '.');
  git(folder, 'commit', '--quiet', '--message=Start');
  git(folder, 'tag', 'v1');
  git(folder, 'branch', 'owners-own');
  writeFileSync(join(folder, 'src', 'file-0.js'), 'half an idea\n');
  git(folder, 'stash', 'push', '--quiet');
  for (const [path, text] of Object.entries(OWN_FILES)) writeFileSync(join(folder, path), text);
}

/** A copy under a name of its own. */
export function copyRepository(template: string, folder: string): string {
  cpSync(template, folder, { recursive: true });
  // The copied files are other files to Git until it has looked at them.
  git(folder, 'update-index', '-q', '--refresh');
  return folder;
}
