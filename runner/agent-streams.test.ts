import type { ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RunResult } from '#contract/run-result.ts';
import { RefusedError } from './control-plane/control-plane.ts';
import { fixedPolicies } from './execution/policies.ts';
import { RunnerPolicy } from './execution/policy.ts';
import type { AgentProgram } from './readers/event-readers.ts';
import { claude, codex, gemini, opencode, printed, type Line } from './readers/testing/streams.ts';
import { FakeControlPlane } from './testing/fake-control-plane.ts';
import { buildProgram, program, PROGRAMS_FOLDER, temporaryFolder, until } from './testing/programs.ts';
import { makeRepository } from './testing/repositories.ts';
import { makeRunSpec } from './testing/run-specs.ts';
import { startForkedRunner } from './testing/start-forked-runner.ts';
import { TestBed } from './testing/test-bed.ts';

let keeperFile: string;
let runnerFile: string;
let bed: TestBed;

beforeAll(() => {
  keeperFile = buildProgram('execution/keeper-main');
  runnerFile = buildProgram('testing/forked-runner');
});
beforeEach(async () => {
  bed = new TestBed(keeperFile);
  await bed.start(fixedPolicies(policyFor(bed.folder)));
});
afterEach(() => bed.close());
afterAll(() => {
  for (const file of [keeperFile, runnerFile]) rmSync(file, { force: true });
});

/** Programs that are called as the agents are, and print what they are told to. */
function policyFor(folder: string): RunnerPolicy {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const executables: Record<string, object> = { node: { path: process.execPath }, sh: {} };
  for (const name of ['codex', 'claude', 'gemini', 'opencode']) {
    const path = join(bin, name);
    writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${program('play-stream')[0] ?? ''}' "$@"\n`);
    chmodSync(path, 0o755);
    executables[name] = { path };
  }
  return RunnerPolicy.parse({
    roots: [join(folder, 'repos')],
    executables,
    limits: { minFreeBytes: 0 },
    sandbox: { mode: 'off', readablePaths: [PROGRAMS_FOLDER] },
  });
}

interface Play {
  lines: (Line | string)[];
  exitCode?: number;
  stderr?: string;
  files?: Record<string, string>;
}

async function run(reader: AgentProgram, play: Play, before: string[][] = []): Promise<RunResult> {
  const commands = [...before, [reader, JSON.stringify(play)]];
  return bed.controlPlane.ended(bed.offer({ reader, commands }));
}

test('good work is called by what the agent said last, with what it took', async () => {
  const lines = [
    codex.started(),
    codex.turn(),
    codex.ran('make'),
    codex.said('It is made.\n\nAnd tested.'),
    codex.done(),
  ];
  const result = await run('codex', { lines, files: { 'a.txt': 'a\n' }, stderr: 'ERROR a note of its own\n' });
  expect(result).toMatchObject({
    status: 'completed',
    reason: 'ok',
    summary: 'It is made.\n\nAnd tested.',
    git: { filesChanged: 1 },
    metrics: { inputTokens: 900, cachedInputTokens: 300, outputTokens: 70, costUsd: null },
  });
});

test('a command that does not fit the installed version says which argument, and what to do', async () => {
  const result = await run('codex', {
    lines: [],
    exitCode: 2,
    stderr: "error: unexpected argument '--full-auto' found\n",
  });
  expect(result).toMatchObject({ status: 'failed', reason: 'exit_code' });
  expect(result.message).toContain('Codex does not take “--full-auto”');
  expect(result.message).toContain('Take over its preset');
});

test('a session that is gone on with is told by its name, and what it had used before is not told twice', async () => {
  const lines = [codex.started(), codex.turn(), codex.said('It is shorter.'), codex.done()];
  const session = { id: 's-0', inputTokens: 500, cachedInputTokens: 300, outputTokens: 60, costUsd: 0 };
  const commands = [['codex', JSON.stringify({ lines, files: { 'a.txt': 'a\n' } }), '{session}']];
  const result = await bed.controlPlane.ended(bed.offer({ reader: 'codex', commands, session }));
  expect(result).toMatchObject({
    status: 'completed',
    metrics: { inputTokens: 400, cachedInputTokens: 0, outputTokens: 10 },
  });
  expect(result.sessionId).toMatch(/^[A-Za-z0-9-]+$/);
});

test('a report is the words of the agent, not its stream', async () => {
  const offered = bed.offer({
    reader: 'claude',
    taskType: 'research',
    commands: [['claude', JSON.stringify({ lines: [claude.init(), claude.said('Looking.'), claude.result()] })]],
  });
  expect(await bed.controlPlane.ended(offered)).toMatchObject({ reason: 'empty_diff', metrics: { costUsd: 0.25 } });
  expect(offered.artifacts[0]?.text).toBe('The greeting is there.\n');
});

test('a refusal that ends with 0 is no success, and what was changed is taken in all the same', async () => {
  const lines = [
    gemini.init(),
    gemini.said('I begin.'),
    gemini.error('Blocked for safety.'),
    gemini.result(null, 'error'),
  ];
  const result = await run('gemini', { lines, files: { 'half.txt': 'half\n' } });
  expect(result).toMatchObject({ status: 'failed', reason: 'refused', exitCode: 0, git: { filesChanged: 1 } });
  expect(result.message).toBe(
    'The model of Gemini CLI refused: “Blocked for safety.” Put the task in other words, or give it to another agent.',
  );
  expect(result.summary).toBe('I begin.');
});

test('who said and did nothing has not done the task', async () => {
  const result = await run('codex', { lines: [codex.started(), codex.turn(), codex.done()] });
  expect(result).toMatchObject({ status: 'failed', reason: 'nothing_done', summary: null });
});

test('a key that is not taken says how to sign in', async () => {
  const lines = [codex.started(), codex.turn(), codex.failed('unexpected status 401 Unauthorized')];
  const result = await run('codex', { lines, exitCode: 1 });
  expect(result).toMatchObject({ status: 'failed', reason: 'sign_in_needed', exitCode: 1 });
  expect(result.message).toContain('Run `codex login` as the user of the runner, or set CODEX_API_KEY');
});

test('a limit of use says until when', async () => {
  const resetsAt = Math.floor(Date.now() / 1_000) + 7_200;
  const failed = claude.result({ is_error: true, api_error_status: 429, result: 'You have hit your limit' });
  const result = await run('claude', {
    lines: [claude.init(), claude.limit('rejected', resetsAt), failed],
    exitCode: 1,
  });
  expect(result).toMatchObject({ reason: 'quota', resetsAt: new Date(resetsAt * 1_000).toISOString() });
});

test('only what the last command prints is read', async () => {
  const first = ['node', ...program('play-stream', JSON.stringify({ lines: [codex.failed('401 Unauthorized')] }))];
  const lines = [codex.started(), codex.turn(), codex.said('Done.'), codex.done()];
  expect(await run('codex', { lines }, [first])).toMatchObject({ status: 'completed', summary: 'Done.' });
  const broken = ['node', ...program('play-stream', JSON.stringify({ lines: [codex.failed('429')], exitCode: 3 }))];
  expect(await run('codex', { lines }, [broken])).toMatchObject({ reason: 'exit_code', exitCode: 3 });
});

test('an error of its own with a good stream stays an exit code, and words without events are read as words', async () => {
  const good = [opencode.said('Done.'), opencode.finish('stop')];
  expect(await run('opencode', { lines: good, exitCode: 4 })).toMatchObject({ reason: 'exit_code', summary: 'Done.' });
  const plain = await run('opencode', { lines: ['All is well.'] });
  expect(plain).toMatchObject({ status: 'completed', reason: 'empty_diff', summary: 'All is well.' });
});

test('a run that was ended for its silence says what it was waiting for', async () => {
  const waits = [claude.init(), claude.retry(401, 'authentication_failed')];
  const offered = bed.offer({
    reader: 'claude',
    limits: { idleTimeoutMs: 500 },
    commands: [['claude', JSON.stringify({ lines: [printed(waits)], pauseMs: 20_000 })]],
  });
  expect(await bed.controlPlane.ended(offered)).toMatchObject({ status: 'failed', reason: 'sign_in_needed' });
});

test('a runner that is killed in the middle of a stream comes to the same end, and counts no token twice', async () => {
  const folder = realpathSync(temporaryFolder());
  const repository = makeRepository(join(folder, 'repos', 'repo'));
  const controlPlane = new FakeControlPlane();
  const step = [opencode.start(), opencode.ran('a'), opencode.finish('tool-calls')];
  const lines = [...step, ...step, ...step, ...step, opencode.said('No.'), opencode.finish('content-filter')];
  const { roots, executables } = policyFor(folder);
  const offered = controlPlane.offer(
    makeRunSpec({
      repoRoot: repository.root,
      reader: 'opencode',
      commands: [['opencode', JSON.stringify({ lines, pauseMs: 100, exitCode: 1 })]],
    }),
  );
  const options = {
    folder: join(folder, 'runner'),
    policy: { roots, executables, sandbox: { mode: 'off' as const }, limits: { minFreeBytes: 0 } },
    keeperFile,
  };
  let last: ChildProcess | null = null;
  try {
    for (const lifeMs of [500, 400, 450]) {
      const runner = startForkedRunner(runnerFile, controlPlane, options);
      await sleep(lifeMs);
      const gone = new Promise((resolve) => runner.once('exit', resolve));
      runner.kill('SIGKILL');
      await gone;
    }
    last = startForkedRunner(runnerFile, controlPlane, options);
    expect(await controlPlane.ended(offered)).toMatchObject({
      reason: 'refused',
      summary: 'No.',
      metrics: { inputTokens: 2_000, cachedInputTokens: 1_500, outputTokens: 125, costUsd: 0.625 },
    });
    // Its calls have one id each time, and are one.
    expect(offered.activity.map(({ kind }) => kind)).toEqual([
      ...Array.from({ length: 4 }, () => ['tool', 'usage']).flat(),
      'message',
      'usage',
    ]);
  } finally {
    last?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});

test('what an agent does arrives while it works, and what its set-up prints does not', async () => {
  const lines = [codex.started(), codex.turn(), codex.said('I begin.'), codex.ran('make')];
  const setUp = ['node', ...program('play-stream', JSON.stringify({ lines: [codex.said('I am not the agent.')] }))];
  const play = JSON.stringify({ lines: [printed(lines)], pauseMs: 60_000 });
  const offered = bed.offer({ reader: 'codex', setup: [setUp], commands: [['codex', play]] });
  await until(() => offered.activity.length === 2, 'the activity');
  expect(offered.activity).toMatchObject([
    { kind: 'message', item: 0, text: 'I begin.' },
    { kind: 'tool', item: 1, target: 'make', status: 'done' },
  ]);
  expect(offered.result).toBeNull();
  bed.controlPlane.tell({ type: 'cancel', runId: offered.spec.runId, reason: 'by_user', message: 'Enough' });
  expect(await bed.controlPlane.ended(offered)).toMatchObject({ status: 'canceled' });
});

test('all of it is there when the run is told, of however many entries, and none of an agent that nobody reads', async () => {
  const play = JSON.stringify({ lines: [codex.said('A word.')], times: 1_500, files: { 'a.txt': 'a\n' } });
  const offered = bed.offer({ reader: 'codex', commands: [['codex', play]] });
  let toldWith = -1;
  const { complete } = bed.controlPlane;
  bed.controlPlane.complete = async (lease, result) => {
    toldWith = offered.activity.length;
    return complete(lease, result);
  };
  await bed.controlPlane.ended(offered);
  expect(toldWith).toBe(1_500);
  const plain = bed.offer({ reader: 'plain', commands: [['codex', play]] });
  await bed.controlPlane.ended(plain);
  expect(plain.activity).toEqual([]);
});

test('activity that the control plane refuses ends nothing', async () => {
  bed.controlPlane.appendActivity = () => Promise.reject(new RefusedError('BAD_USER_INPUT', 'No such entry'));
  const lines = [codex.said('I begin.'), codex.done()];
  expect(await run('codex', { lines, files: { 'a.txt': 'a\n' } })).toMatchObject({ status: 'completed', reason: 'ok' });
  expect(bed.messages('warn')).toContain('the activity of a run can not be stored; its raw output is');
});

test('a runner that is killed when a run has ended, and has not told all of it, is followed by one that does', async () => {
  const folder = realpathSync(temporaryFolder());
  const repository = makeRepository(join(folder, 'repos', 'repo'));
  const controlPlane = new FakeControlPlane();
  const { roots, executables } = policyFor(folder);
  const play = JSON.stringify({ lines: [codex.said('A word.')], times: 500, files: { 'a.txt': 'a\n' } });
  const spec = makeRunSpec({ repoRoot: repository.root, reader: 'codex', commands: [['codex', play]] });
  const offered = controlPlane.offer(spec);
  const options = {
    folder: join(folder, 'runner'),
    policy: { roots, executables, sandbox: { mode: 'off' as const }, limits: { minFreeBytes: 0 } },
    keeperFile,
  };
  const started: ChildProcess[] = [];
  try {
    // The first batch is stored, and its answer never arrives.
    const first = startForkedRunner(runnerFile, controlPlane, options, (method) => method !== 'appendActivity');
    started.push(first);
    await until(
      () => existsSync(join(options.folder, 'runs', spec.runId, 'ending.json')),
      'the end of the run',
      20_000,
    );
    const gone = new Promise((resolve) => first.once('exit', resolve));
    first.kill('SIGKILL');
    await gone;
    expect(offered.activity.length).toBeLessThan(500);
    started.push(startForkedRunner(runnerFile, controlPlane, options));
    await controlPlane.ended(offered);
    expect(offered.activity.map(({ item }) => item)).toEqual(Array.from({ length: 500 }, (_, index) => index));
  } finally {
    for (const runner of started) runner.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});
