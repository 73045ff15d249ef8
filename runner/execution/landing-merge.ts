import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeBaseAttributes } from './base-attributes.ts';
import { namePaths, printablePath, splitPaths } from './byte-paths.ts';
import { identity } from './commit.ts';
import type { Git, GitCall } from './git.ts';
import type { LandingOrder } from './landing-order.ts';
import type { LandingRepository } from './landing-repository.ts';
import { RunFailure } from './outcome.ts';
import { countInWords } from './words.ts';

/** `git merge-tree` merges without a worktree since this version. */
const MIN_GIT = '2.38';
const USAGE = 129;

/**
 * A Git folder of our own that has the repository's objects and nothing else of it: no configuration, no hooks, no
 * merge drivers, no refs. Its worktree holds the base's .gitattributes, which a merge is to honour.
 */
export class MergeRoom {
  private constructor(
    private readonly git: Git,
    private readonly call: GitCall,
  ) {}

  static async open(git: Git, repository: LandingRepository, folder: string): Promise<MergeRoom> {
    const { commonDir } = repository.places;
    rmSync(folder, { recursive: true, force: true });
    const gitDir = join(folder, 'git');
    const files = join(folder, 'files');
    for (const path of [join(gitDir, 'refs'), join(gitDir, 'objects'), files])
      mkdirSync(path, { recursive: true, mode: 0o700 });
    writeFileSync(join(gitDir, 'HEAD'), 'ref: refs/heads/none\n');
    writeFileSync(join(gitDir, 'config'), await ownConfig(git, repository));
    if (existsSync(join(commonDir, 'shallow'))) copyFileSync(join(commonDir, 'shallow'), join(gitDir, 'shallow'));
    const env = { GIT_OBJECT_DIRECTORY: join(commonDir, 'objects'), GIT_NO_REPLACE_OBJECTS: '1' };
    const room = new MergeRoom(git, { cwd: files, gitDir, env });
    await writeBaseAttributes(git, { cwd: files, gitDir, env }, repository.baseCommit);
    return room;
  }

  /** Where two lines of history part; several after crosswise merges, none when they share nothing. */
  async mergeBases(one: string, other: string): Promise<string[]> {
    const { stdout } = await this.git.ask(['merge-base', '--all', one, other], { ...this.call, okCodes: [1] });
    return stdout.split('\n').filter(Boolean);
  }

  /**
   * Makes the merge commit: exactly the base as it is, and the commit that was reviewed. Moves nothing.
   * @throws RunFailure merge_conflict with the files
   */
  async merge({ baseCommit, baseBranch, commit }: LandingRepository, order: LandingOrder): Promise<string> {
    const { code, bytes } = await this.git.ask(
      ['merge-tree', '--write-tree', '--name-only', '--no-messages', '-z', baseCommit, commit],
      { ...this.call, okCodes: [1, USAGE] },
    );
    if (code === USAGE)
      throw new RunFailure(
        'command_missing',
        `Merging needs Git ${MIN_GIT} or newer; runner ${order.allowed.runnerName} has ${(await this.git.run(['version'], this.call)).trim()}`,
      );
    const [tree = '', ...names] = splitPaths(bytes);
    const paths = [...new Set(names)];
    if (code !== 0) {
      throw new RunFailure(
        'merge_conflict',
        `${order.branch} conflicts with ${baseBranch} in ${countInWords(paths.length, 'file')}: ${namePaths(paths)}`,
        paths.map(printablePath),
      );
    }
    const env = { ...this.call.env, ...identity(order.author) };
    return (
      await this.git.run(['commit-tree', tree, '-p', baseCommit, '-p', commit, '-F', '-'], {
        ...this.call,
        env,
        input: order.message,
      })
    ).trim();
  }
}

/** How the repository keeps its objects, and for whom: all that our own folder has to share with it. */
async function ownConfig(git: Git, { place, baseCommit }: LandingRepository): Promise<string> {
  const { stdout } = await git.ask(['config', '--get', 'core.sharedRepository'], { ...place, okCodes: [1] });
  const shared = /^[a-z0-9]+$/i.test(stdout.trim()) ? `\tsharedRepository = ${stdout.trim()}\n` : '';
  // A hash of 64 digits is SHA-256.
  const format =
    baseCommit.length === 64
      ? '\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n'
      : '\trepositoryformatversion = 0\n';
  return `[core]\n\tbare = false\n${shared}${format}`;
}
