import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gitIdentity, NEUTRAL_GIT } from '#contract/neutral-git.ts';
import { DEMO_COMMITS } from './demo-files.ts';

const AUTHOR = { name: 'Demo', email: 'demo@overmind.invalid' };

/**
 * Makes the repository on which the product can be tried: a small shop with one bug and the test that shows it.
 * Needs git and no configuration of it. Whole or not at all: it is made beside its place and moved there.
 * @returns false when there is one already
 * @throws Error when `folder` exists and holds something else
 */
export function createDemoRepository(folder: string, searchPath: string): boolean {
  if (existsSync(join(folder, '.git'))) return false;
  mkdirSync(dirname(folder), { recursive: true });
  const made = mkdtempSync(`${folder}-`);
  const git = (...args: string[]): void => {
    execFileSync('git', ['-c', 'core.hooksPath=/dev/null', '-c', 'commit.gpgSign=false', ...args], {
      cwd: made,
      env: environment(searchPath),
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  };
  git('init', '--quiet', '--initial-branch=main', '--template=');
  for (const { message, files } of DEMO_COMMITS) {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(made, path)), { recursive: true });
      writeFileSync(join(made, path), content);
    }
    git('add', '--all');
    git('commit', '--quiet', '--message', message);
  }
  // An empty folder may have been made for it; anything in it makes this fail, and stays.
  if (existsSync(folder)) rmdirSync(folder);
  renameSync(made, folder);
  return true;
}

function environment(searchPath: string): Record<string, string> {
  return { PATH: searchPath, ...NEUTRAL_GIT, ...gitIdentity(AUTHOR) };
}
