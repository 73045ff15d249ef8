import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { findRunProcesses } from './execution/processes.ts';
import type { KnownRun } from './testing/fake-control-plane.ts';
import { buildProgram, until } from './testing/programs.ts';
import { TestBed } from './testing/test-bed.ts';

/** From the moment the disk is full, or the program has ended on it, to the word that it is. */
const TOLD_WITHIN_MS = 5_000;

let keeperFile: string;
let bed: TestBed;

beforeAll(() => {
  keeperFile = buildProgram('execution/keeper-main');
});
beforeEach(() => {
  bed = new TestBed(keeperFile);
});
afterEach(async () => {
  await bed.runner?.stop(true);
  execFileSync('umount', ['--lazy', bed.runnerFolder]);
  await bed.close();
});
afterAll(() => rmSync(keeperFile, { force: true }));

/** A disk of its own for the runner's folder. The repository lies on another one. */
async function startOnSmallDisk(options: string): Promise<void> {
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', bed.runnerFolder]);
  await bed.start();
}

/** Takes all that is left of the disk. */
function fill(): void {
  const file = join(bed.runnerFolder, 'ballast');
  for (let chunk = 1024 * 1024; chunk >= 1; chunk = Math.floor(chunk / 2)) {
    try {
      for (;;) writeFileSync(file, 'x'.repeat(chunk), { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}
const empty = (): void => rmSync(join(bed.runnerFolder, 'ballast'), { force: true });
const printing = async (...then: string[][]): Promise<KnownRun> => {
  const enough = join(bed.folder, 'enough');
  const run = bed.offer({
    commands: [bed.node('print-until', enough, '5'), ...then],
    lease: { token: 'd'.repeat(30), durationMs: 10_000 },
  });
  await until(() => run.lines.length > 20, 'lines');
  return run;
};
const enough = (): void => writeFileSync(join(bed.folder, 'enough'), '');

async function toldAsFull(run: KnownRun): Promise<void> {
  const fromMs = performance.now();
  expect(await bed.controlPlane.ended(run)).toMatchObject({
    status: 'failed',
    reason: 'disk_full',
    message: expect.stringContaining('disk') as string,
  });
  expect(performance.now() - fromMs).toBeLessThan(TOLD_WITHIN_MS);
  expect(run.lines.at(-1)).toContain('failed: ');
  expect(findRunProcesses(run.spec.runId, null)).toEqual([]);
}
async function worksAgain(): Promise<void> {
  empty();
  await bed.runsAnother();
  await until(() => readdirSync(bed.runsFolder).length === 0, 'the folders to be gone');
  expect(bed.ended).toBeNull();
}

test('a disk that is full while a program prints is told within seconds, with every line that is on it', async () => {
  await startOnSmallDisk('size=16m');
  const run = await printing();
  fill();
  await toldAsFull(run);
  const printed = run.lines.filter((line) => line.startsWith('1:line'));
  expect(printed).toEqual(printed.map((_, n) => `1:line ${n}`));
  await worksAgain();
});

test('a disk that is full, without what was kept for the end, and stays so is told from memory', async () => {
  await startOnSmallDisk('size=2m');
  const run = await printing();
  fill();
  expect(existsSync(join(bed.runnerFolder, 'reserve'))).toBe(false);
  await toldAsFull(run);
  await worksAgain();
});

test('a program that goes on without a word, and ends on a full disk, ends as such; what it made is kept', async () => {
  await startOnSmallDisk('size=16m');
  const run = bed.offer({
    commands: [
      bed.node('write-files', '{"a.txt":"a\\n"}'),
      ['sh', '-c', `while ! test -e ${join(bed.folder, 'enough')}; do sleep 0.02; done`],
    ],
  });
  await until(() => run.lines.includes('1:wrote a.txt'), 'the file');
  fill();
  enough();
  await toldAsFull(run);
  expect(run.result?.git).toMatchObject({ filesChanged: 1 });
  expect(run.artifacts.map(({ name }) => name)).toEqual(['changes.diff']);
  await worksAgain();
});

test('a disk that has no names left is full, too', async () => {
  await startOnSmallDisk('size=16m,nr_inodes=150');
  const run = await printing();
  mkdirSync(join(bed.runnerFolder, 'ballast'));
  let number = 0;
  const takeAll = (): void => {
    for (; ; number += 1) writeFileSync(join(bed.runnerFolder, 'ballast', String(number)), '');
  };
  expect(takeAll).toThrow(/ENOSPC/);
  // Whatever is let go meanwhile, such as the keeper's socket, is taken too.
  const taking = setInterval(() => expect(takeAll).toThrow(/ENOSPC/), 1);
  enough();
  await toldAsFull(run).finally(() => clearInterval(taking));
  rmSync(join(bed.runnerFolder, 'ballast'), { recursive: true });
  await worksAgain();
});

test('a disk that can only be read any more fails the run at once, with every line', async () => {
  await startOnSmallDisk('size=16m');
  const run = await printing();
  const path = join(bed.runsFolder, run.spec.runId);
  await bed.runner?.stop();
  enough();
  await until(() => findRunProcesses(run.spec.runId, null).length === 0, 'the program to end');
  await until(
    () =>
      !existsSync((JSON.parse(readFileSync(join(path, 'keeper.json'), 'utf8')) as { socketPath: string }).socketPath),
    'its keeper to go',
  );
  execFileSync('mount', ['--bind', path, path]);
  execFileSync('mount', ['-o', 'remount,bind,ro', path]);
  try {
    await bed.start();
    expect(await bed.controlPlane.ended(run)).toMatchObject({ status: 'completed', reason: 'empty_diff' });
    const printed = run.lines.filter((line) => line.startsWith('1:line'));
    expect(run.lines).toContain(`1:printed ${printed.length}`);
    await bed.runsAnother();
  } finally {
    execFileSync('umount', [path]);
  }
  await bed.runner?.stop();
  await bed.start();
  await worksAgain();
});

test('a run that can not be written down at all is given back with the reason, and the next one works', async () => {
  await startOnSmallDisk('size=16m');
  await bed.runsAnother();
  const { claim } = bed.controlPlane;
  bed.controlPlane.claim = async (claimId) => {
    const spec = await claim(claimId);
    if (spec) fill();
    return spec;
  };
  const run = bed.offer({ commands: [bed.node('hang')] });
  expect(await bed.controlPlane.ended(run)).toMatchObject({ status: 'failed', reason: 'disk_full', lineCount: 0 });
  bed.controlPlane.claim = claim;
  await worksAgain();
});
