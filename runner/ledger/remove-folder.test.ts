import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Git } from '../execution/git.ts';
import { discardWorkspace } from '../execution/workspace.ts';
import { readFolderRecord, type FolderRecord } from '../execution/workspace-record.ts';
import { Attempts, type Attempt } from '../testing/attempts.ts';
import { temporaryFolder, until } from '../testing/programs.ts';
import { FakeControlPlane } from '../testing/fake-control-plane.ts';
import { makeRepository, type TestRepository } from '../testing/repositories.ts';
import { Ledger } from './ledger.ts';
import { removeTaskFolder } from './remove-folder.ts';

let folder: string;
let repository: TestRepository;
let attempts: Attempts;

beforeEach(() => {
  folder = realpathSync(temporaryFolder());
  repository = makeRepository(join(folder, 'repo'), { 'README.md': '# Test\n' });
  attempts = new Attempts({ folder });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const next = ({ spec }: Attempt, agent: Parameters<Attempts['run']>[1]): Promise<Attempt> =>
  attempts.run(
    {
      repoRoot: repository.root,
      taskId: spec.taskId,
      attempt: 2,
      branch: `${spec.branch}-2`,
      startFromBranch: spec.branch,
    },
    agent,
  );
function recordOf({ workspace }: Attempt): FolderRecord {
  const record = readFolderRecord(attempts.runnerFolder, workspace.name);
  if (!record) throw new Error(`${workspace.name} has no record`);
  return record;
}
const pins = (): string[] =>
  repository.git('for-each-ref', '--format=%(refname)', 'refs/overmind').split('\n').filter(Boolean);
/** Git that waits before it changes refs. @returns it, whether it waits, and lets it go on */
function slowGit(): { git: Git; isWaiting: () => boolean; goOn: () => void } {
  const file = join(folder, 'slow-git');
  writeFileSync(
    file,
    `#!/bin/sh\nfor word; do if [ "$word" = update-ref ]; then touch ${file}.waits; while [ ! -e ${file}.goes ]; do sleep 0.02; done; fi; done\nexec /usr/bin/git "$@"\n`,
  );
  chmodSync(file, 0o755);
  return {
    git: new Git(file, '/usr/bin:/bin'),
    isWaiting: () => existsSync(`${file}.waits`),
    goOn: () => writeFileSync(`${file}.goes`, ''),
  };
}
function expectWhole(attempt: Attempt): void {
  const { name, path } = attempt.workspace;
  expect(existsSync(join(path, 'two'))).toBe(true);
  expect(recordOf(attempt)).toMatchObject({
    taskId: attempt.spec.taskId,
    lastRunId: attempt.spec.runId,
    state: 'kept',
  });
  expect(readdirSync(join(attempts.runnerFolder, 'ledger', name))).toContain('git');
  expect(pins()).toEqual([`refs/overmind/base/${name}`, `refs/overmind/start/${name}`]);
}

describe("a run that begins while its task's folder is removed keeps its own folder, record and pins", () => {
  test('when the pins go last, also where they name the same commits', async () => {
    const first = await attempts.run({ repoRoot: repository.root }, 'echo 1 > one');
    const { git, isWaiting, goOn } = slowGit();
    const removing = removeTaskFolder(git, attempts.runnerFolder, recordOf(first));
    await until(isWaiting, 'the pins to be removed');
    const second = await next(first, 'echo 2 > two');
    goOn();
    await removing;
    expectWhole(second);
    expect(existsSync(join(attempts.runnerFolder, 'ledger', first.workspace.name))).toBe(
      first.workspace.name === second.workspace.name,
    );
  });

  test('when its files are being removed', async () => {
    const first = await attempts.run({ repoRoot: repository.root }, 'mkdir d && cd d && seq 3000 | xargs touch');
    const removing = removeTaskFolder(attempts.host.git, attempts.runnerFolder, recordOf(first));
    const second = await next(first, 'test ! -e one && echo 2 > two');
    await removing;
    expectWhole(second);
  });

  test('when all but a part of the record is gone', async () => {
    const first = await attempts.run({ repoRoot: repository.root }, 'echo 1 > one');
    await removeTaskFolder(attempts.host.git, attempts.runnerFolder, recordOf(first));
    mkdirSync(join(attempts.runnerFolder, 'ledger', first.workspace.name, 'git'), { recursive: true });
    const second = await next(first, 'echo 2 > two');
    rmSync(join(attempts.runnerFolder, 'ledger', first.workspace.name), { recursive: true });
    expectWhole(second);
  });
});

test('an earlier run throws nothing of a later one away', async () => {
  const first = await attempts.run({ repoRoot: repository.root }, 'true');
  const second = await next(first, 'echo 2 > two');
  await discardWorkspace(attempts.host, first.workspace, first.spec.runId);
  expect(existsSync(join(second.workspace.path, 'two'))).toBe(true);
  expect(recordOf(second)).toMatchObject({ lastRunId: second.spec.runId });
});

describe('a fresh folder of a run that could not begin, and that could not be removed either', () => {
  /** The user's repository lacks a file's content, and lets go of no pins. */
  async function failToBegin(): Promise<string[]> {
    const content = repository.git('rev-parse', 'main:README.md').trim();
    const object = join(repository.root, '.git/objects', content.slice(0, 2), content.slice(2));
    const lock = join(repository.root, '.git/packed-refs.lock');
    renameSync(object, `${object}-away`);
    writeFileSync(lock, '');
    try {
      const taskId = '01890a5d-ac96-774b-bcce-b302099a8057';
      for (const attempt of [1, 2])
        await expect(attempts.run({ repoRoot: repository.root, taskId, attempt }, 'true')).rejects.toMatchObject({
          reason: 'worktree_failed',
        });
    } finally {
      rmSync(lock);
    }
    return readdirSync(join(attempts.runnerFolder, 'ledger'));
  }

  test('goes with the next sweep, though its task is open', async () => {
    expect(await failToBegin()).toHaveLength(2);
    const { git, logger, policy } = attempts.host;
    const ledger = new Ledger({
      folder: attempts.runnerFolder,
      policy,
      controlPlane: new FakeControlPlane(),
      logger,
      isLive: () => false,
      remove: (record) => removeTaskFolder(git, attempts.runnerFolder, record),
    });
    ledger.soon();
    await ledger.idle();
    expect(['ledger', 'work'].flatMap((room) => readdirSync(join(attempts.runnerFolder, room)))).toEqual([]);
  });

  test('is not told of as one that holds work, and the log says why it is there', async () => {
    const warned = vi.spyOn(attempts.host.logger, 'warn');
    const names = await failToBegin();
    for (const name of names) {
      expect(readFolderRecord(attempts.runnerFolder, name)).toMatchObject({ state: 'removing', keptWhy: null });
      expect(warned).toHaveBeenCalledWith(
        expect.objectContaining({
          folder: name,
          why: expect.stringContaining(`refs/overmind/*/${name} could not be removed`) as string,
        }),
        expect.any(String),
      );
    }
  });
});
