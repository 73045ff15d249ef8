import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LogBatch } from '../logs/log-pump.ts';
import { createSpools, writeMark } from '../logs/marks.ts';
import { createMasker } from '../logs/mask.ts';
import { SPOOL_FILES } from '../logs/spool-files.ts';
import { temporaryFolder } from '../testing/programs.ts';
import { silentLogger } from '../testing/silent-logger.ts';
import { useUpDescriptors } from '../testing/use-up-descriptors.ts';
import type { RunContext } from './run-context.ts';
import { RunLog } from './run-log.ts';

let folder: string;
let stored: string[];
let log: RunLog;

beforeEach(() => {
  folder = temporaryFolder();
  stored = [];
  createSpools(folder);
  const appendLogs = (_lease: unknown, { firstSeq, messages }: LogBatch) => {
    stored.splice(firstSeq, messages.length, ...messages);
    return Promise.resolve(stored.length - 1);
  };
  const run = {
    host: { controlPlane: { appendLogs }, logger: silentLogger, policy: { limits: { maxLogBytes: 1_000_000 } } },
    spec: { runId: 'run', limits: { maxLogBytes: 1_000_000 } },
    folder: { path: folder },
    masker: createMasker([]),
    held: { lease: {}, isLeft: false, isOver: () => false },
  } as unknown as RunContext;
  const unexpected = (error: unknown): never => {
    throw error;
  };
  log = new RunLog(run, { onLeaseLost: () => undefined, onUnstorable: unexpected, onDiskTrouble: unexpected });
});
afterEach(async () => {
  await log.close();
  rmSync(folder, { recursive: true });
});

test('a log for which no file can be opened at the moment begins when one can', async () => {
  appendFileSync(join(folder, SPOOL_FILES.stdout), 'one\ntwo\n');
  writeMark(folder, 'the end', true);
  useUpDescriptors(800);
  log.start();
  expect(stored).toEqual([]);
  await expect.poll(() => stored, { timeout: 5_000 }).toEqual(['one', 'two', 'the end']);
  expect(await log.allLines()).toEqual({ lines: 3, why: null });
});

test('a run that ends meanwhile waits for it, with the last line that could not be written', async () => {
  appendFileSync(join(folder, SPOOL_FILES.stdout), 'one\n');
  useUpDescriptors(800);
  log.markEnd('the end');
  expect(await log.allLines()).toEqual({ lines: 2, why: null });
  expect(stored).toEqual(['one', 'the end']);
  // What the control plane has lost is sent again whole.
  stored = [];
  expect(await log.resend()).toBe(2);
});
