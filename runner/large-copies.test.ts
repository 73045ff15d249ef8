import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildProgram, until } from './testing/programs.ts';
import { TestBed } from './testing/test-bed.ts';

let keeperFile: string;
let bed: TestBed;

beforeAll(() => {
  keeperFile = buildProgram('execution/keeper-main');
});
beforeEach(() => {
  bed = new TestBed(keeperFile);
  bed.repository.commit({ '.gitignore': 'node_modules/\n' });
  execFileSync(
    'sh',
    ['-ec', 'for d in $(seq 100); do mkdir -p node_modules/$d; (cd node_modules/$d; seq 100 | xargs touch); done'],
    { cwd: bed.repository.root },
  );
}, 60_000);
afterEach(() => bed.close(), 60_000);
afterAll(() => rmSync(keeperFile, { force: true }));

const foldersOf = (room: string): string[] =>
  existsSync(join(bed.runnerFolder, room))
    ? readdirSync(join(bed.runnerFolder, room)).map((name) => join(bed.runnerFolder, room, name))
    : [];
const isCopying = (): boolean => foldersOf('ledger').some((folder) => existsSync(join(folder, 'copying.json')));

test(
  'a run is canceled while its files are still being copied, and nothing of them stays',
  { timeout: 60_000 },
  async () => {
    await bed.start();
    const run = bed.offer({ commands: [bed.node('hang')], carry: [{ glob: 'node_modules', how: 'copy' }] });
    await until(isCopying, 'the copy to begin', 20_000);
    bed.controlPlane.tell({ type: 'cancel', runId: run.spec.runId, reason: 'by_user', message: 'Canceled by Ada' });
    expect(await bed.controlPlane.ended(run)).toMatchObject({
      status: 'canceled',
      reason: 'by_user',
      message: 'Canceled by Ada',
    });
    expect(run.lines.filter((line) => line.startsWith('1:'))).toEqual([]);
    expect(foldersOf('work').filter((folder) => existsSync(join(folder, 'node_modules')))).toEqual([]);
    await bed.runsAnother();
  },
);

test(
  'a runner that is stopped while files are copied goes at once, and the next one copies all of them',
  { timeout: 60_000 },
  async () => {
    await bed.start();
    const run = bed.offer({
      commands: [['sh', '-c', 'ls node_modules/* | grep -c "^[0-9][0-9]*$"']],
      carry: [{ glob: 'node_modules', how: 'copy' }],
    });
    await until(isCopying, 'the copy to begin', 20_000);
    await bed.runner?.stop(false);
    expect(isCopying()).toBe(false);
    await bed.start();
    expect(await bed.controlPlane.ended(run)).toMatchObject({ status: 'completed' });
    expect(run.lines).toContain('1:10000');
  },
);
