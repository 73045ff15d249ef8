import { execFile } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { cutText } from '#contract/cut-text.ts';
import { gitIdentity, NEUTRAL_GIT } from '#contract/neutral-git.ts';
import type { Core } from '#core/platform/core.ts';
import { withLock } from '#core/platform/locked-client.ts';
import type { HeldLock } from '#core/platform/locked-client.ts';
import { removeProjectFolder } from '#core/storage/disk-storage.ts';
import type { ProjectStateVersion } from '#prisma/generated/client/client.ts';
import { linesOf, readChanges, summaryOf } from './state-changes.ts';

const run = promisify(execFile);
const VERSIONS_A_TURN = 100;
/** A commit that is made anew leaves the old one behind; after so many versions they are thrown away. */
const VERSIONS_A_PRUNE = 50n;
const MAX_SUBJECT_CHARS = 100;

/** How far a repository has got: its last commit tells. */
interface Copied {
  version: bigint;
  revision: number;
}

interface Repository {
  repository: string;
  /** Where git is looked for. */
  searchPath: string;
}

/**
 * Commits the state versions that are not in the project's Git repository yet, one commit a version, in order; the
 * newest one's commit is made anew when its text has followed the facts. The rows are the truth: a copy that is broken
 * off goes on where the repository stands.
 */
export async function copyStateVersions(core: Core, projectId: string): Promise<void> {
  // One process at a time, and nobody waits: whoever copies looks again when it has let go.
  do {
    const copied = await withLock(core, `state-git:${projectId}`, (lock) => copyAll(core, projectId, lock));
    if (copied === null) return;
  } while (await hasUncopied(core, projectId));
}

async function hasUncopied(core: Core, projectId: string): Promise<boolean> {
  const { rows } = await core.pool.query<{ uncopied: boolean }>({
    name: 'has_uncopied_versions',
    text: `select exists (select 1 from project_state_versions v where v.project_id = p.id and ${UNCOPIED_SQL}) as uncopied
             from projects p where p.id = $1 and p.deleting_at is null`,
    values: [projectId],
  });
  return rows[0]?.uncopied ?? false;
}

/** Of a project p, the versions v that are not in its repository as they are. */
export const UNCOPIED_SQL =
  '(v.version > p.state_copied or (v.version = p.state_copied and v.revision > p.state_copied_revision))';

/** @returns what is in the repository now */
async function copyAll(core: Core, projectId: string, lock: HeldLock): Promise<Copied> {
  const repository: Repository = {
    repository: path.join(core.dataDirectory, 'projects', projectId, 'state'),
    searchPath: core.searchPath,
  };
  await openRepository(repository);
  let copied = await readCopied(repository);
  for (;;) {
    const { version, revision } = copied;
    const versions = await core.db.projectStateVersion.findMany({
      where: { projectId, OR: [{ version: { gt: version } }, { version, revision: { gt: revision } }] },
      orderBy: { version: 'asc' },
      take: VERSIONS_A_TURN,
    });
    for (const version of versions) {
      // Two that commit at once would meet in Git's own locks.
      lock.assertHeld();
      await commitVersion(repository, version, version.version === copied.version);
      copied = version;
      if (version.version % VERSIONS_A_PRUNE === 0n) await git(repository, ['prune', '--expire=now']);
    }
    if (versions.length < VERSIONS_A_TURN) break;
  }
  const { rows } = await core.pool.query<{ isThere: boolean }>({
    name: 'note_copied_versions',
    text: `with noted as (
             update projects set state_copied = $2, state_copied_revision = $3
              where id = $1 and deleting_at is null and (state_copied, state_copied_revision) < ($2, $3))
           select exists (select 1 from projects where id = $1 and deleting_at is null) as "isThere"`,
    values: [projectId, copied.version, copied.revision],
  });
  // It was deleted meanwhile, and so perhaps was the folder: made again, nobody would remove it a second time.
  if (!rows[0]?.isThere) await removeProjectFolder(core.dataDirectory, projectId);
  return copied;
}

async function openRepository(repository: Repository): Promise<void> {
  await mkdir(repository.repository, { recursive: true, mode: 0o700 });
  // Harmless on one that exists.
  await git(repository, ['init', '--quiet', '--initial-branch=main']);
}

async function readCopied(repository: Repository): Promise<Copied> {
  const { stdout } = await git(repository, ['log', '-1', '--format=%B']).catch(async (error: unknown) => {
    // A repository without a commit has no log; anything else is a fault.
    if (await hasCommits(repository)) throw error;
    return { stdout: 'version 0' };
  });
  return {
    version: BigInt(/^version (\d+)/.exec(stdout)?.[1] ?? 0),
    // Commits that are older than revisions have none: their versions were never revised.
    revision: Number(/^Revision: (\d+)$/m.exec(stdout)?.[1] ?? 1),
  };
}

/** Garbage collection is off, so the branch is a file of its own from its first commit on. */
async function hasCommits(repository: Repository): Promise<boolean> {
  const branches = await readdir(path.join(repository.repository, '.git', 'refs', 'heads'));
  return branches.includes('main');
}

async function commitVersion(
  repository: Repository,
  version: ProjectStateVersion,
  isCommitted: boolean,
): Promise<void> {
  await writeFile(path.join(repository.repository, `state.${version.stateFormat}`), version.content, { mode: 0o600 });
  await git(repository, ['add', '--all', '--', '.']);
  const at = version.createdAt.toISOString();
  const how = isCommitted ? ['--amend', '--allow-empty'] : ['--allow-empty'];
  await git(repository, ['commit', '--quiet', ...how, `--date=${at}`, '--cleanup=verbatim', '-m', messageOf(version)], {
    GIT_COMMITTER_DATE: version.updatedAt.toISOString(),
  });
}

/** The line of the version, then who changed what, each on a line that can not be taken for the last one. */
function messageOf({ version, revision, changes }: ProjectStateVersion): string {
  const told = readChanges(changes);
  const subject = cutText(`version ${version}: ${summaryOf(told)}`, MAX_SUBJECT_CHARS, '…');
  const lines = linesOf(told).map((line) => `- ${line}`);
  return [subject, '', ...lines, '', `Revision: ${revision}`, ''].join('\n');
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
    '-c',
    'core.logAllRefUpdates=false',
  ];
  return run('git', [...overrides, ...args], {
    cwd: repository,
    timeout: 30_000,
    env: {
      PATH: searchPath,
      ...NEUTRAL_GIT,
      GIT_CEILING_DIRECTORIES: path.dirname(repository),
      ...gitIdentity({ name: 'OvermindOps', email: 'overmind@localhost' }),
      ...env,
    },
  });
}
