import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from '../testing/programs.ts';
import { Cgroups, peakMemoryOf, processesIn, removeCgroup } from './cgroups.ts';

const UNIT = 'system.slice/overmind.service';
let mount: string;

beforeEach(() => {
  mount = realpathSync(temporaryFolder());
});
afterEach(() => rmSync(mount, { recursive: true, force: true }));

/** A folder that looks as cgroup v2 does to a unit with `Delegate=yes`; the kernel's own files are plain ones here. */
function fakeCgroup({
  controllers = 'cpuset cpu io memory pids',
  own = `0::/${UNIT}\n`,
  processes = `${process.pid}\n`,
} = {}): Parameters<typeof Cgroups.open>[0] {
  mkdirSync(join(mount, UNIT), { recursive: true });
  writeFileSync(join(mount, UNIT, 'cgroup.controllers'), `${controllers}\n`);
  writeFileSync(join(mount, UNIT, 'cgroup.procs'), processes);
  writeFileSync(join(mount, UNIT, 'cgroup.subtree_control'), '');
  writeFileSync(join(mount, 'own'), own);
  return { mount, ownCgroupFile: join(mount, 'own'), pid: process.pid };
}

const read = (path: string): string => readFileSync(join(mount, UNIT, path), 'utf8');

test('a run gets a group of its own with its limits, below ours, which holds no process itself', () => {
  const { cgroups } = Cgroups.open(fakeCgroup());
  expect(read('overmind-runner/cgroup.procs')).toBe(String(process.pid));
  expect(read('cgroup.subtree_control')).toBe('+memory +pids +cpu');
  const folder = cgroups?.make('r1', { maxMemoryBytes: 1_000_000_000, maxProcesses: 64, maxCpus: 1.5 }) ?? '';
  expect(folder).toBe(join(mount, UNIT, 'overmind-run-r1'));
  expect(
    ['memory.max', 'memory.oom.group', 'pids.max', 'cpu.max'].map((name) => readFileSync(join(folder, name), 'utf8')),
  ).toEqual(['1000000000', '1', '64', '150000 100000']);
  expect(cgroups?.make('r2', { maxMemoryBytes: null, maxProcesses: 8, maxCpus: null })).toBe(
    join(mount, UNIT, 'overmind-run-r2'),
  );
  expect(existsSync(join(mount, UNIT, 'overmind-run-r2', 'memory.max'))).toBe(false);
});

test('what a run used is read from its group, and an empty one is taken away', () => {
  const folder =
    Cgroups.open(fakeCgroup()).cgroups?.make('r1', { maxMemoryBytes: null, maxProcesses: null, maxCpus: null }) ?? '';
  expect([peakMemoryOf(folder), processesIn(folder)]).toEqual([null, []]);
  writeFileSync(join(folder, 'memory.peak'), '123456\n');
  writeFileSync(join(folder, 'cgroup.procs'), '11\n12\n');
  expect([peakMemoryOf(folder), processesIn(folder)]).toEqual([123_456, [11, 12]]);
  removeCgroup(folder);
  expect(existsSync(folder)).toBe(true);
  for (const name of ['memory.peak', 'cgroup.procs']) rmSync(join(folder, name));
  removeCgroup(folder);
  expect(existsSync(folder)).toBe(false);
  removeCgroup(folder);
});

test('groups that an earlier runner left empty are taken away when the next one starts', () => {
  const files = fakeCgroup();
  mkdirSync(join(mount, UNIT, 'overmind-run-old'));
  Cgroups.open(files);
  expect(existsSync(join(mount, UNIT, 'overmind-run-old'))).toBe(false);
});

test.each([
  ['only version 1', { own: '9:name=systemd:/\n4:memory:/x\n' }, /no cgroup v2/],
  ['without the controllers', { controllers: 'cpu' }, /no controller for memory, pids/],
  ['shared with other programs', { processes: `${process.pid}\n1\n` }, /other programs share/],
])('none where it is %s', (_name, part, why) => {
  expect(Cgroups.open(fakeCgroup(part))).toEqual({ cgroups: null, why: expect.stringMatching(why) as string });
});
