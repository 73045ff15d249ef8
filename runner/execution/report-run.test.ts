import { expect, test } from 'vitest';
import type { RunResult } from '#contract/run-result.ts';
import { withWords } from './report-run.ts';

const result: RunResult = {
  runId: '018f0000-0000-7000-8000-000000000001',
  status: 'completed',
  reason: 'ok',
  message: 'b was merged into main',
  exitCode: null,
  resetsAt: null,
  summary: null,
  sessionId: null,
  lineCount: 0,
  git: null,
  paths: [],
  metrics: {
    wallSeconds: 1,
    cpuSeconds: null,
    peakMemoryBytes: null,
    lines: 0,
    inputTokens: null,
    cachedInputTokens: null,
    outputTokens: null,
    costUsd: null,
  },
};

test('a merge that was made is told as made, also when its log can not be stored', () => {
  const told = withWords(result, { logTrouble: 'too long', notes: [], kind: 'merge' });
  expect(told).toMatchObject({
    status: 'completed',
    reason: 'ok',
    message: 'b was merged into main. Its log could not be stored (too long)',
  });
});

test.each(['task', 'maintenance'] as const)('a run of kind %s without its log is a failed one', (kind) => {
  expect(withWords(result, { logTrouble: 'too long', notes: [], kind })).toMatchObject({
    status: 'failed',
    reason: 'internal',
  });
});

test('a merge that failed stays a failed one', () => {
  expect(
    withWords(
      { ...result, status: 'failed', reason: 'merge_conflict' },
      { logTrouble: 'too long', notes: [], kind: 'merge' },
    ),
  ).toMatchObject({ status: 'failed', reason: 'internal' });
});
