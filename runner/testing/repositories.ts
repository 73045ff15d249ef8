import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gitIdentity, NEUTRAL_GIT } from '#contract/neutral-git.ts';

/** A real Git repository for a test. */
export interface TestRepository {
  root: string;
  git(...args: string[]): string;
  /** Writes files and commits them. @returns the commit */
  commit(files: Record<string, string>, message?: string): string;
  write(files: Record<string, string>): void;
}

export function makeRepository(
  root: string,
  files: Record<string, string> = { 'README.md': '# Test\n' },
): TestRepository {
  mkdirSync(root, { recursive: true });
  const env = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    ...NEUTRAL_GIT,
    ...gitIdentity({ name: 'Ada', email: 'ada@example.org' }),
  };
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false', ...args], {
      cwd: root,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  const repository: TestRepository = {
    root: realpathSync(root),
    git,
    write: (contents) => {
      for (const [path, content] of Object.entries(contents)) {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        writeFileSync(join(root, path), content);
      }
    },
    commit: (contents, message = 'change') => {
      repository.write(contents);
      git('add', '--all');
      git('commit', '--quiet', '--message', message);
      return git('rev-parse', 'HEAD');
    },
  };
  git('init', '--quiet', '--initial-branch=main');
  repository.commit(files, 'first');
  return repository;
}
