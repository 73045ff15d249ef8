import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { v7 } from 'uuid';
import { WorkFolderReport } from '#contract/repositories.ts';
import type { WorkFolderVerdict } from '../control-plane/control-plane.ts';
import { Git } from '../execution/git.ts';
import { RunnerPolicy } from '../execution/policy.ts';
import { readJson, writeJson } from '../execution/write-json.ts';
import { FakeControlPlane } from '../testing/fake-control-plane.ts';
import { makeRepository, type TestRepository } from '../testing/repositories.ts';
import { silentLogger } from '../testing/silent-logger.ts';
import { readFolderRecord, writeFolderRecord, type FolderRecord } from '../execution/workspace-record.ts';
import { Ledger } from './ledger.ts';
import { measureFolder } from './measure.ts';
import { chooseRemovals, type MeasuredFolder } from './removal-rule.ts';
import { removeTaskFolder, UndeletableError } from './remove-folder.ts';

const DAY_MS = 86_400_000;

describe('which folders go', () => {
  const folder = (name: string, changes: Partial<MeasuredFolder> = {}): MeasuredFolder => ({
    name,
    sizeBytes: 10,
    lastUsedMs: 0,
    isLive: false,
    isRemoving: false,
    ...changes,
  });
  const verdict = (
    name: string,
    task: WorkFolderVerdict['task'],
    overForMs = 0,
    isMerged = false,
  ): WorkFolderVerdict => ({ name, task, isMerged, overForMs });
  const policy = { graceMs: DAY_MS, maxBytes: 1_000 };

  test.each(['live', 'open', 'unknown'] as const)('never one whose task is %s, however old and large', (task) => {
    expect(
      chooseRemovals([folder('a', { sizeBytes: 1e12 })], [verdict('a', task, 100 * DAY_MS, true)], policy),
    ).toEqual([]);
  });

  test.each(['done', 'canceled', 'archived', 'deleted'] as const)('one whose task is %s, after the grace', (task) => {
    const folders = [folder('a'), folder('b'), folder('live', { isLive: true })];
    expect(
      chooseRemovals(
        folders,
        [verdict('a', task, DAY_MS), verdict('b', task, DAY_MS - 1), verdict('live', task, 9 * DAY_MS)],
        policy,
      ),
    ).toEqual(['a']);
  });

  test('above the cap also within the grace: merged ones first, then the oldest, no more than needed', () => {
    const folders = [
      folder('new', { lastUsedMs: 3, sizeBytes: 400 }),
      folder('old', { lastUsedMs: 1, sizeBytes: 400 }),
      folder('merged', { lastUsedMs: 4, sizeBytes: 400 }),
      folder('open', { sizeBytes: 400 }),
    ];
    const verdicts = [
      verdict('new', 'done', 1),
      verdict('old', 'canceled', 1),
      verdict('merged', 'done', 1, true),
      verdict('open', 'open'),
    ];
    expect(chooseRemovals(folders, verdicts, policy)).toEqual(['merged', 'old']);
    expect(chooseRemovals(folders, verdicts, { ...policy, maxBytes: 1_300 })).toEqual(['merged']);
    expect(chooseRemovals(folders, verdicts, { ...policy, maxBytes: 0 })).toEqual(['merged', 'old', 'new']);
    expect(chooseRemovals(folders, [], policy)).toEqual([]);
  });

  test.each(['done', 'live', 'open', 'unknown'] as const)(
    'a removal that was begun goes on, also when the task is %s',
    (task) => {
      const folders = [
        folder('a', { isRemoving: true }),
        folder('b'),
        folder('live', { isRemoving: true, isLive: true }),
      ];
      expect(
        chooseRemovals(
          folders,
          folders.map(({ name }) => verdict(name, task, 1)),
          policy,
        ),
      ).toEqual(['a']);
      expect(chooseRemovals(folders, [], policy)).toEqual(['a']);
    },
  );
});

describe('the ledger', () => {
  let home: string;
  let repository: TestRepository;
  let controlPlane: FakeControlPlane;
  let live: Set<string>;
  let refuse: Map<string, Error>;
  const git = new Git('/usr/bin/git', '/usr/bin:/bin');
  const PIN = 'refs/overmind/base/';

  beforeEach(() => {
    home = realpathSync(mkdtempSync(join(tmpdir(), 'overmind-ledger-')));
    repository = makeRepository(join(home, 'repo'));
    controlPlane = new FakeControlPlane();
    live = new Set();
    refuse = new Map();
  });
  afterEach(() => {
    chmodSync(home, 0o700);
    rmSync(home, { recursive: true, force: true });
  });

  function addFolder(name: string, changes: Partial<FolderRecord> = {}): FolderRecord {
    const record: FolderRecord = {
      version: 1,
      name,
      taskId: v7(),
      projectId: v7(),
      title: name,
      root: repository.root,
      commonDir: join(repository.root, '.git'),
      path: join(home, 'work', name),
      subfolder: '',
      baseBranch: 'main',
      baseCommit: repository.git('rev-parse', 'HEAD'),
      branch: `overmind/${name}/1`,
      attempts: 1,
      createdAt: '2026-01-01T00:00:00Z',
      lastUsedAt: '2026-01-02T00:00:00Z',
      lastRunId: v7(),
      state: 'kept',
      keptWhy: 'the run failed',
      leftOver: [],
      ...changes,
    };
    for (const folder of [join(home, 'work', name, 'src'), join(home, 'ledger', name, 'git')])
      mkdirSync(folder, { recursive: true });
    writeFileSync(join(home, 'work', name, 'src', 'a.bin'), Buffer.alloc(100_000));
    writeJson(join(home, 'ledger', name, 'folder.json'), record);
    repository.git('update-ref', `${PIN}${name}`, 'HEAD');
    return record;
  }
  function open(policy: Partial<RunnerPolicy['workFolders']> = {}): Ledger {
    return new Ledger({
      folder: home,
      controlPlane,
      logger: silentLogger,
      policy: RunnerPolicy.parse({ roots: [], executables: {}, workFolders: policy }),
      isLive: (taskId) => live.has(taskId),
      remove: async (record) => {
        const error = refuse.get(record.name);
        if (error) {
          writeFolderRecord(home, { ...record, state: 'removing' });
          throw error;
        }
        await removeTaskFolder(git, home, record);
      },
    });
  }
  const exists = (name: string): [work: boolean, ledger: boolean, pin: boolean] => [
    existsSync(join(home, 'work', name)),
    existsSync(join(home, 'ledger', name)),
    repository.git('for-each-ref', `${PIN}${name}`) !== '',
  ];
  const sweep = async (ledger: Ledger): Promise<void> => {
    ledger.soon();
    await ledger.idle();
  };

  test('tells of each folder, and removes those that the rule lets go, with the pin and the record', async () => {
    addFolder('done-00000001');
    addFolder('open-00000002');
    controlPlane.verdicts.set('done-00000001', { task: 'done', isMerged: true, overForMs: 2 * DAY_MS });
    await sweep(open());
    const first = WorkFolderReport.parse(controlPlane.folderReports[0]?.report);
    expect(first.folders).toMatchObject([
      { name: 'done-00000001' },
      {
        name: 'open-00000002',
        facts: { keptWhy: 'the run failed', problem: null, attempts: 1, branch: 'overmind/open-00000002/1' },
      },
    ]);
    expect(first.folders[1]?.facts.sizeBytes).toBeGreaterThanOrEqual(100_000);
    expect(exists('done-00000001')).toEqual([false, false, false]);
    expect(exists('open-00000002')).toEqual([true, true, true]);
    expect(controlPlane.folderReports.at(-1)?.report.folders.map(({ name }) => name)).toEqual(['open-00000002']);
  });

  test('one that can not be removed is said, tried again, and keeps nothing else from going', async () => {
    for (const name of ['a-00000001', 'b-00000002', 'c-00000003']) {
      addFolder(name);
      controlPlane.verdicts.set(name, { task: 'canceled', overForMs: 2 * DAY_MS });
    }
    refuse.set('a-00000001', new UndeletableError('it holds files that belong to another user of the machine'));
    refuse.set('b-00000002', new TypeError('a bug'));
    const ledger = open();
    await sweep(ledger);
    expect(
      controlPlane.folderReports.at(-1)?.report.folders.map(({ name, facts }) => [name, facts.state, facts.problem]),
    ).toEqual([
      ['a-00000001', 'removing', 'it holds files that belong to another user of the machine'],
      ['b-00000002', 'removing', 'an unexpected error: a bug'],
    ]);
    refuse.clear();
    await sweep(ledger);
    expect(['a-00000001', 'b-00000002', 'c-00000003'].map((name) => exists(name)[0])).toEqual([false, false, false]);
  });

  test('removes one by hand at any time, but none in which a run works, and answers either way', async () => {
    addFolder('mine-00000001');
    const busy = addFolder('busy-00000002');
    live.add(busy.taskId);
    const ledger = open();
    ledger.removeNow('mine-00000001', 'request-1');
    ledger.removeNow('busy-00000002', 'request-2');
    ledger.removeNow('../../etc', 'request-3');
    await ledger.idle();
    expect(controlPlane.folderReports.map(({ requestId }) => requestId)).toEqual([
      'request-1',
      'request-2',
      'request-3',
    ]);
    expect(controlPlane.folderReports[1]?.report.folders).toMatchObject([
      { name: 'busy-00000002', facts: { problem: 'a run works in it' } },
    ]);
    expect([exists('mine-00000001'), exists('busy-00000002')]).toEqual([
      [false, false, false],
      [true, true, true],
    ]);
  });

  test.each([
    ['and has ended', false],
    ['and goes on', true],
  ])('removes none in which a run has begun since the control plane was told, %s', async (_name, isGoingOn) => {
    const record = addFolder('again-00000001');
    addFolder('over-00000002');
    for (const name of [record.name, 'over-00000002'])
      controlPlane.verdicts.set(name, { task: 'done', overForMs: 2 * DAY_MS });
    const answer = controlPlane.reportWorkFolders;
    controlPlane.reportWorkFolders = async (...told) => {
      const verdicts = await answer(...told);
      if (controlPlane.folderReports.length > 1) return verdicts;
      writeFolderRecord(home, {
        ...record,
        attempts: 2,
        lastRunId: v7(),
        lastUsedAt: '2026-01-03T00:00:00Z',
        state: isGoingOn ? 'live' : 'kept',
      });
      if (isGoingOn) live.add(record.taskId);
      return verdicts;
    };
    await sweep(open());
    expect([exists('again-00000001'), exists('over-00000002')]).toEqual([
      [true, true, true],
      [false, false, false],
    ]);
    expect(readFolderRecord(home, 'again-00000001')).toMatchObject({ attempts: 2, state: isGoingOn ? 'live' : 'kept' });
  });

  test.each([
    [
      'an immutable file',
      (path: string) => execFileSync('chattr', ['+i', join(path, 'src', 'a.bin')]),
      (path: string) => execFileSync('chattr', ['-i', join(path, 'src', 'a.bin')]),
      'it holds files that are protected, or belong to another user of the machine',
    ],
    [
      'a mounted disk',
      (path: string) => execFileSync('mount', ['-t', 'tmpfs', 'none', join(path, 'src')]),
      (path: string) => execFileSync('umount', [join(path, 'src')]),
      'something in it is in use',
    ],
  ])('says why one with %s stays, and removes it when that is over', async (_name, spoil, mend, problem) => {
    const { path } = addFolder('stuck-00000001');
    controlPlane.verdicts.set('stuck-00000001', { task: 'done', overForMs: 2 * DAY_MS });
    const ledger = open();
    spoil(path);
    try {
      await sweep(ledger);
      expect(controlPlane.folderReports.at(-1)?.report.folders).toMatchObject([
        { name: 'stuck-00000001', facts: { state: 'removing', problem } },
      ]);
    } finally {
      mend(path);
    }
    await sweep(ledger);
    expect(exists('stuck-00000001')).toEqual([false, false, false]);
  });

  test('goes on when the control plane is away, a record is broken, or there is nothing yet', async () => {
    const ledger = open();
    await sweep(ledger);
    addFolder('good-00000001');
    mkdirSync(join(home, 'ledger', 'cut-00000002'));
    writeFileSync(join(home, 'ledger', 'cut-00000002', 'folder.json'), '{"version":1,');
    writeJson(join(home, 'ledger', 'good-00000001', 'other.json'), {});
    controlPlane.isAway = true;
    await sweep(ledger);
    controlPlane.isAway = false;
    await sweep(ledger);
    expect(controlPlane.folderReports.at(-1)?.report.folders.map(({ name }) => name)).toEqual(['good-00000001']);
    expect(existsSync(join(home, 'ledger', 'cut-00000002'))).toBe(true);
  });

  test('a folder that an agent made unreadable is opened up and removed', async () => {
    const record = addFolder('odd-00000001');
    mkdirSync(join(record.path, 'locked', 'deep'), { recursive: true });
    chmodSync(join(record.path, 'locked', 'deep'), 0o000);
    chmodSync(join(record.path, 'locked'), 0o000);
    await removeTaskFolder(git, home, record);
    expect(exists('odd-00000001')).toEqual([false, false, false]);
  });

  test('nor is a repository that is gone, or a pin that never was, in the way', async () => {
    const gone = addFolder('gone-00000001', { commonDir: join(home, 'no-such', '.git') });
    await removeTaskFolder(git, home, gone);
    const unpinned = addFolder('free-00000002');
    repository.git('update-ref', '-d', `${PIN}free-00000002`);
    await removeTaskFolder(git, home, unpinned);
    expect([exists('gone-00000001').slice(0, 2), exists('free-00000002')]).toEqual([
      [false, false],
      [false, false, false],
    ]);
  });

  test('a removal that ended half way is found by its record', async () => {
    addFolder('half-00000001', { state: 'removing' });
    rmSync(join(home, 'work', 'half-00000001'), { recursive: true });
    controlPlane.verdicts.set('half-00000001', { task: 'done', overForMs: 1 });
    await sweep(open());
    expect(exists('half-00000001')).toEqual([false, false, false]);
    expect(readJson(join(home, 'ledger', 'half-00000001', 'folder.json'))).toBeNull();
  });

  test.each([
    [
      'too deep',
      `import os, sys\nos.chdir(sys.argv[1])\nfor i in range(25):\n n=str(i).zfill(200); os.mkdir(n); os.chdir(n)`,
    ],
    [
      'with names that are no UTF-8',
      `import os, sys\np=os.fsencode(sys.argv[1])\nos.mkdir(p+b'/d\\xff'); open(p+b'/d\\xff/\\xe9', 'wb').write(b'x'*50000); open(p+b'/\\xe9', 'wb').write(b'x'*50000)`,
    ],
  ])('a folder %s is told of with its size, and keeps none from going', async (_name, script) => {
    const odd = addFolder('a-odd-00000001');
    addFolder('done-00000002');
    mkdirSync(join(odd.path, 'whole'));
    execFileSync('python3', ['-c', script, join(odd.path, 'whole')]);
    writeFileSync(join(odd.path, 'whole', 'z.bin'), Buffer.alloc(50_000));
    for (const name of ['a-odd-00000001', 'done-00000002'])
      controlPlane.verdicts.set(name, { task: 'done', overForMs: 2 * DAY_MS });
    await sweep(open());
    const least = 150_000 + (_name.includes('UTF-8') ? 100_000 : 0);
    expect(controlPlane.folderReports[0]?.report.folders[0]?.facts.sizeBytes).toBeGreaterThanOrEqual(least);
    expect([exists('a-odd-00000001'), exists('done-00000002')]).toEqual([
      [false, false, false],
      [false, false, false],
    ]);
  });

  test.each([
    ['a file among the records', (ledger: string) => writeFileSync(join(ledger, 'a-file'), '')],
    [
      'a folder in place of a record',
      (ledger: string) => mkdirSync(join(ledger, 'a-00000001', 'folder.json'), { recursive: true }),
    ],
    [
      'a record that is a link to itself',
      (ledger: string) => {
        mkdirSync(join(ledger, 'a-00000001'));
        symlinkSync('folder.json', join(ledger, 'a-00000001', 'folder.json'));
      },
    ],
  ])('%s is left alone, and the others are told of', async (_name, spoil) => {
    addFolder('good-00000002');
    spoil(join(home, 'ledger'));
    await sweep(open());
    expect(controlPlane.folderReports.at(-1)?.report.folders.map(({ name }) => name)).toEqual(['good-00000002']);
  });

  test('a size counts a file with two names once, and stops at a bound', async () => {
    const { path } = addFolder('size-00000001');
    const before = await measureFolder(path);
    linkSync(join(path, 'src', 'a.bin'), join(path, 'src', 'b.bin'));
    expect(await measureFolder(path)).toBe(before);
    expect(await measureFolder(path, 1)).toBeLessThan(before);
    expect(await measureFolder(join(home, 'nothing'))).toBe(0);
  });
});
