import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { LeaseLostError, RefusedError, UnreadableRunError } from './control-plane/control-plane.ts';
import { findRunProcesses } from './execution/processes.ts';
import type { KnownRun } from './testing/fake-control-plane.ts';
import { buildProgram, until } from './testing/programs.ts';
import { TestBed } from './testing/test-bed.ts';

let keeperFile: string;
let bed: TestBed;

beforeAll(() => {
  keeperFile = buildProgram('execution/keeper-main');
});
beforeEach(() => {
  bed = new TestBed(keeperFile);
});
afterEach(() => bed.close());
afterAll(() => rmSync(keeperFile, { force: true }));

const keptNames = (): string[] =>
  existsSync(join(bed.runnerFolder, 'kept')) ? readdirSync(join(bed.runnerFolder, 'kept')) : [];
const runFolder = (run: KnownRun): string => join(bed.runsFolder, run.spec.runId);
const running = async (): Promise<KnownRun> => {
  const run = bed.offer({ commands: [bed.node('print-lines', '400', '10')] });
  await until(() => run.lines.length > 5, 'lines');
  return run;
};
const leftovers = (): { path: string; why: string }[] =>
  JSON.parse(readFileSync(join(bed.runnerFolder, 'leftovers.json'), 'utf8')) as { path: string; why: string }[];

const told = (): [name: string, keptWhy: string | null][] =>
  bed.controlPlane.folderReports.at(-1)?.report.folders.map(({ name, facts }) => [name, facts.keptWhy]) ?? [];

/** Makes a folder that cannot be removed, as files of root, or a mount, would. @returns gives it back */
function makeUndeletable(path: string): () => void {
  const file = join(path, 'cannot-be-removed');
  writeFileSync(file, '');
  execFileSync('chattr', ['+i', file]);
  return () => execFileSync('chattr', ['-i', file]);
}

test.each([
  ['its folder', { baseBranch: 'nope' }],
  ['its instructions', { prompt: { agentPrompt: { file: 'nope.md' } } }],
  ["its folder in the user's own checkout", { inPlace: true, prompt: { agentPrompt: { file: 'nope.md' } } }],
] as const)('a run that is refused for %s leaves no keeper behind', async (_name, part) => {
  await bed.start();
  for (let count = 0; count < 3; count += 1) {
    const run = bed.offer({ commands: [bed.node('hang')], ...part });
    expect(await bed.controlPlane.ended(run)).toMatchObject({ status: 'failed' });
  }
  await bed.runsAnother();
  // The standby for the run that comes next.
  await until(() => readdirSync(join(bed.runnerFolder, 'sockets')).length === 1, 'the keepers to leave', 3_000);
});

test('a folder that can not be removed ends its run, is written down, and is removed later', async () => {
  await bed.start();
  const run = await running();
  const release = makeUndeletable(runFolder(run));
  try {
    bed.controlPlane.tell({ type: 'cancel', runId: run.spec.runId, reason: 'by_user', message: 'Canceled' });
    expect(await bed.controlPlane.ended(run)).toMatchObject({ status: 'canceled' });
    await until(() => existsSync(join(bed.runnerFolder, 'leftovers.json')), 'the folder to be written down');
    expect(leftovers()).toMatchObject([{ path: runFolder(run), why: expect.stringContaining('EPERM') as string }]);
    await bed.runsAnother();
    // Nor does it hold up the next start.
    await bed.runner?.stop();
    await bed.start();
    await bed.runsAnother();
    expect(bed.ended).toBeNull();
  } finally {
    release();
  }
  await bed.runner?.stop();
  await bed.start();
  expect(existsSync(runFolder(run))).toBe(false);
  expect(leftovers()).toEqual([]);
});

test("a task's folder that can not be changed is put aside: the next attempt works in a fresh one", async () => {
  await bed.start();
  const first = bed.offer({ commands: [bed.node('write-files', '{"a.txt":"a\\n"}')] });
  await bed.controlPlane.ended(first);
  const work = join(bed.runnerFolder, 'work');
  const [name = ''] = readdirSync(work);
  makeUndeletable(join(work, name));
  try {
    const second = bed.offer({
      commands: [bed.node('write-files', '{"b.txt":"b\\n"}')],
      taskId: first.spec.taskId,
      attempt: 2,
    });
    expect(await bed.controlPlane.ended(second)).toMatchObject({ status: 'completed' });
    expect(second.lines.join('\n')).toMatch(
      /is a-task-.*-attempt-1 now\. It holds what can not be changed or removed: .*cannot-be-removed/,
    );
    await until(
      () => told().some(([each, keptWhy]) => each === name && keptWhy === null) && told().length === 2,
      'both folders to be told of',
    );
    expect(told()[1]).toEqual([`${name}-attempt-1`, expect.stringContaining('cannot-be-removed')]);
  } finally {
    execFileSync('chattr', ['-i', join(work, `${name}-attempt-1`, 'cannot-be-removed')]);
  }
});

test('the folder of a run without a task is not removed under it', async () => {
  await bed.start();
  const run = bed.offer({ taskId: null, commands: [bed.node('print-lines', '400', '10')] });
  await until(() => run.lines.length > 5, 'lines');
  const [name = ''] = readdirSync(join(bed.runnerFolder, 'work'));
  bed.controlPlane.tell({ type: 'remove_work_folder', requestId: run.spec.runId, name });
  await until(() => bed.controlPlane.folderReports.some(({ requestId }) => requestId !== null), 'an answer');
  expect(readdirSync(join(bed.runnerFolder, 'work'))).toEqual([name]);
  expect(bed.controlPlane.folderReports.at(-1)?.report.folders).toMatchObject([
    { facts: { state: 'live', problem: 'a run works in it' } },
  ]);
});

test.each([
  [
    'a spec that is cut off behind its lease',
    'spec.json',
    (path: string) => truncateSync(path, readFileSync(path, 'utf8').indexOf('"baseBranch"')),
    true,
  ],
  ['a spec that is no JSON', 'spec.json', (path: string) => writeFileSync(path, 'not JSON'), false],
  ['a spec that is empty', 'spec.json', (path: string) => truncateSync(path, 0), false],
] as const)(
  '%s keeps no runner from starting: its programs end, its folder is kept',
  async (_name, file, spoil, isGivenBack) => {
    await bed.start();
    const run = await running();
    await bed.runner?.stop();
    spoil(join(runFolder(run), file));
    await bed.start();
    expect(findRunProcesses(run.spec.runId, null)).toEqual([]);
    expect(keptNames()).toEqual([`broken-${run.spec.runId}`]);
    expect(readFileSync(join(bed.runnerFolder, 'kept', `broken-${run.spec.runId}`, 'why.json'), 'utf8')).toContain(
      'spec.json is not readable',
    );
    await bed.runsAnother();
    if (isGivenBack)
      expect(await bed.controlPlane.ended(run)).toMatchObject({
        status: 'failed',
        reason: 'internal',
        lineCount: run.lines.length,
      });
    expect(run.result === null).toBe(!isGivenBack);
  },
);

test.each([
  ['keeper.json', '{"socketPath":'],
  ['workspace.json', '{"version":"of an older runner"}'],
  ['status.json', '{}'],
  ['ending.json', '[]'],
] as const)('a run whose %s is not readable is told as failed', async (file, text) => {
  await bed.start();
  const run = await running();
  await bed.runner?.stop();
  // Its keeper knows better for as long as it is there.
  const { socketPath } = JSON.parse(readFileSync(join(runFolder(run), 'keeper.json'), 'utf8')) as {
    socketPath: string;
  };
  if (file === 'status.json') await until(() => !existsSync(socketPath), 'the keeper to go', 15_000);
  writeFileSync(join(runFolder(run), file), text);
  await bed.start();
  expect(await bed.controlPlane.ended(run)).toMatchObject({
    status: 'failed',
    reason: 'internal',
    message: expect.stringContaining(`${file} is not readable`) as string,
  });
  await until(() => findRunProcesses(run.spec.runId, null).length === 0, 'the programs to end');
  await bed.runsAnother();
});

test('a second runner in the same folder is refused, and the first one works on', async () => {
  await bed.start();
  const first = bed.runner;
  await expect(bed.start()).rejects.toThrow(/^Another runner works in .*\. Stop it first/);
  bed.runner = first;
  bed.ended = null;
  await bed.runsAnother();
}, 15_000);

test('what is not a run of ours is left alone, a folder that was not made to the end is not', async () => {
  mkdirSync(join(bed.runsFolder, 'lost+found'), { recursive: true });
  writeFileSync(join(bed.runsFolder, '.DS_Store'), 'x');
  mkdirSync(join(bed.runsFolder, '01890000-0000-7000-8000-000000000000'));
  writeFileSync(join(bed.runnerFolder, 'claim.json'), '{"claimId":');
  writeFileSync(join(bed.runnerFolder, 'leftovers.json'), '{');
  await bed.start();
  expect(readdirSync(bed.runsFolder).sort()).toEqual(['.DS_Store', 'lost+found']);
  await bed.runsAnother();
});

test('a refused renewal ends neither the runner nor another run; a refused token ends the runner, and keeps its runs', async () => {
  await bed.start();
  const renew = bed.controlPlane.renew;
  let refusals = 0;
  bed.controlPlane.renew = async () => {
    refusals += 1;
    throw new RefusedError('BAD_USER_INPUT', 'runs: not like this');
  };
  const run = await running();
  await until(() => refusals > 1, 'renewals');
  bed.controlPlane.renew = renew;
  expect(await bed.controlPlane.ended(run)).toMatchObject({ status: 'completed' });
  const other = bed.offer({ commands: [bed.node('hang')], lease: { token: 'z'.repeat(30), durationMs: 10_000 } });
  await until(() => other.lines.includes('1:hanging'), 'the program');
  bed.controlPlane.renew = async () => {
    throw new RefusedError('UNAUTHENTICATED', 'This token is unknown, expired or revoked.');
  };
  await until(() => bed.ended !== null, 'the runner to give up', 15_000);
  expect(bed.ended).toBeInstanceOf(RefusedError);
  await until(() => findRunProcesses(other.spec.runId, null).length === 0, 'the programs to end');
  expect(existsSync(runFolder(other))).toBe(true);
});

test('a result that is refused for ever is told smaller, and kept', async () => {
  await bed.start();
  const complete = bed.controlPlane.complete;
  bed.controlPlane.complete = async (lease, result) => {
    if (result.summary !== null) throw new RefusedError('BAD_USER_INPUT', 'result.summary: not like this');
    return complete(lease, result);
  };
  const run = bed.offer({ commands: [bed.node('write-files', JSON.stringify({ 'a.txt': 'a\n' }))] });
  expect(await bed.controlPlane.ended(run)).toMatchObject({
    status: 'failed',
    reason: 'internal',
    git: null,
    message:
      'The control plane refused the result of this run: result.summary: not like this. It had ended as completed (ok): 1 file changed, +1 −0',
  });
  await until(() => keptNames().length === 1, 'the folder to be kept');
  const kept = join(bed.runnerFolder, 'kept', `refused-${run.spec.runId}`);
  expect(JSON.parse(readFileSync(join(kept, 'ending.json'), 'utf8'))).toMatchObject({
    result: { status: 'completed', git: { filesChanged: 1 } },
  });
  bed.controlPlane.complete = complete;
  await bed.runsAnother();
});

test('a log that is refused for ever ends its run with the reason, and nothing of it is deleted', async () => {
  await bed.start();
  const append = bed.controlPlane.appendLogs;
  bed.controlPlane.appendLogs = async (lease, batch) => {
    if (batch.messages.some((message) => message.includes('line 20')))
      throw new RefusedError('BAD_USER_INPUT', 'messages: not like this');
    return append(lease, batch);
  };
  const run = bed.offer({ commands: [bed.node('print-lines', '400', '10')] });
  expect(await bed.controlPlane.ended(run)).toMatchObject({
    status: 'failed',
    reason: 'internal',
    message: expect.stringContaining('messages: not like this') as string,
    lineCount: run.lines.length,
  });
  await until(() => keptNames().length === 1, 'the folder to be kept');
  expect(readFileSync(join(bed.runnerFolder, 'kept', `unsent-${run.spec.runId}`, 'stdout.spool'), 'utf8')).toContain(
    'line 20\n',
  );
  bed.controlPlane.appendLogs = append;
  await bed.runsAnother();
});

test('lines that a restored control plane has lost are sent again before the result', async () => {
  await bed.start();
  const complete = bed.controlPlane.complete;
  let lost = 0;
  bed.controlPlane.complete = async (lease, result) => {
    const known = bed.controlPlane.runs.get(lease.runId);
    if (known && lost === 0) lost = known.lines.splice(3).length;
    return complete(lease, result);
  };
  const run = bed.offer({ commands: [bed.node('print-lines', '30', '5')] });
  expect(await bed.controlPlane.ended(run)).toMatchObject({ status: 'completed' });
  expect(lost).toBeGreaterThan(0);
  expect(run.lines.filter((line) => line.startsWith('1:'))).toEqual(
    Array.from({ length: 30 }, (_, n) => `1:line ${n}`),
  );
});

test('a run in words that this runner does not understand is given back', async () => {
  await bed.start();
  const run = bed.offer({ commands: [bed.node('hang')] });
  const claim = bed.controlPlane.claim;
  bed.controlPlane.claim = async (claimId) => {
    const spec = await claim(claimId);
    if (spec?.runId === run.spec.runId)
      throw new UnreadableRunError(
        { runId: spec.runId, token: spec.lease.token },
        { cause: new Error('RunSpec at newThing: unknown') },
      );
    return spec;
  };
  expect(await bed.controlPlane.ended(run)).toMatchObject({
    status: 'failed',
    reason: 'internal',
    message: expect.stringContaining('does not understand') as string,
  });
  await bed.runsAnother();
});

test("a run that was lost while no runner was there starts nothing, and tells its log's tail only", async () => {
  await bed.start();
  const run = await running();
  await bed.runner?.stop();
  run.isLost = true;
  // As a runner leaves it that was killed before it gave the run to a keeper.
  const other = bed.offer({ commands: [bed.node('write-files', JSON.stringify({ 'a.txt': 'a\n' }))] });
  other.isLost = true;
  mkdirSync(runFolder(other));
  for (const name of ['stdout.spool', 'stderr.spool', 'marks.spool']) writeFileSync(join(runFolder(other), name), '');
  writeFileSync(join(runFolder(other), 'spec.json'), JSON.stringify(other.spec));
  const claim = bed.controlPlane.claim;
  bed.controlPlane.claim = async () => null;
  await bed.start();
  await until(() => readdirSync(bed.runsFolder).length === 0, 'both to be given up');
  expect([run.result, other.result, run.artifacts, other.artifacts]).toEqual([null, null, [], []]);
  expect(other.lines).toEqual(['3:lost: Ended: the lease of this run is lost']);
  expect(
    bed.repository
      .git('branch', '--list', 'overmind/*')
      .split('\n')
      .filter((name) => name.includes(other.spec.runId)),
  ).toEqual([]);
  bed.controlPlane.claim = claim;
});

test('a tail that the control plane does not take is kept as evidence', async () => {
  await bed.start();
  const run = await running();
  bed.controlPlane.appendLogs = async (lease) => {
    throw new LeaseLostError(lease.runId);
  };
  await until(() => keptNames().length === 1, 'the folder to be kept');
  expect(keptNames()).toEqual([`unsent-${run.spec.runId}`]);
  expect([run.result, findRunProcesses(run.spec.runId, null)]).toEqual([null, []]);
});
