import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Core } from '#core/platform/core.ts';
import { withLock } from '#core/platform/locked-client.ts';
import type { ProjectStateVersion } from '#prisma/generated/client/client.ts';

const run = promisify(execFile);
const VERSIONS_A_TURN = 100;

interface Repository {
  repository: string;
  /** Where git is looked for. */
  searchPath: string;
}

/**
 * Commits the state versions that are not in the project's Git repository yet, one commit a version, in order. The
 * rows are the truth: a copy that is broken off goes on where the repository stands.
 */
export async function copyStateVersions(core: Core, projectId: string): Promise<void> {
  await withLock(core, { lock: `state-git:${projectId}`, waits: true }, async (lock) => {
    const repository: Repository = {
      repository: path.join(core.dataDirectory, 'projects', projectId, 'state'),
      searchPath: core.searchPath,
    };
    await openRepository(repository);
    for (;;) {
      const versions = await core.db.projectStateVersion.findMany({
        where: { projectId, version: { gt: await copiedVersion(repository) } },
        orderBy: { version: 'asc' },
        take: VERSIONS_A_TURN,
      });
      for (const version of versions) {
        // Two that commit at once would meet in Git's own locks.
        lock.assertHeld();
        await commitVersion(repository, version);
      }
      if (versions.length < VERSIONS_A_TURN) return;
    }
  });
}

async function openRepository(repository: Repository): Promise<void> {
  await mkdir(repository.repository, { recursive: true, mode: 0o700 });
  // Harmless on one that exists.
  await git(repository, ['init', '--quiet', '--initial-branch=main']);
}

/** The version of the last commit; it stands in a file of its own in the same commit. */
async function copiedVersion(repository: Repository): Promise<bigint> {
  const { stdout } = await git(repository, ['log', '-1', '--format=%s']).catch(async (error: unknown) => {
    // A repository without a commit has no log; anything else is a fault.
    if (await hasCommits(repository)) throw error;
    return { stdout: 'version 0' };
  });
  return BigInt(/^version (\d+)/.exec(stdout)?.[1] ?? 0);
}

/** Garbage collection is off, so the branch is a file of its own from its first commit on. */
async function hasCommits(repository: Repository): Promise<boolean> {
  const branches = await readdir(path.join(repository.repository, '.git', 'refs', 'heads'));
  return branches.includes('main');
}

async function commitVersion(repository: Repository, version: ProjectStateVersion): Promise<void> {
  await writeFile(path.join(repository.repository, `state.${version.stateFormat}`), version.content, { mode: 0o600 });
  await git(repository, ['add', '--all', '--', '.']);
  const at = version.createdAt.toISOString();
  await git(
    repository,
    ['commit', '--quiet', '--allow-empty', `--date=${at}`, '-m', `version ${version.version}`, '-m', version.cause],
    { GIT_COMMITTER_DATE: at },
  );
}

/** Git with nothing of the machine's own configuration: no hooks, no signing, no prompts. */
function git(
  { repository, searchPath }: Repository,
  args: string[],
  env: Record<string, string> = {},
): Promise<{ stdout: string }> {
  const overrides = [
    '-c',
    'core.hooksPath=/dev/null',
    '-c',
    'core.fsmonitor=false',
    '-c',
    'commit.gpgSign=false',
    '-c',
    'gc.auto=0',
  ];
  return run('git', [...overrides, ...args], {
    cwd: repository,
    timeout: 30_000,
    env: {
      PATH: searchPath,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_TERMINAL_PROMPT: '0',
      LC_ALL: 'C',
      GIT_CEILING_DIRECTORIES: path.dirname(repository),
      GIT_AUTHOR_NAME: 'OvermindOps',
      GIT_AUTHOR_EMAIL: 'overmind@localhost',
      GIT_COMMITTER_NAME: 'OvermindOps',
      GIT_COMMITTER_EMAIL: 'overmind@localhost',
      ...env,
    },
  });
}
