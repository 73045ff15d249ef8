import { expect, test } from 'vitest';
import { costText, spendText, usdText } from './spend-text.ts';

const spend = {
  runs: 3,
  wallSeconds: 3_849,
  inputTokens: 10_000,
  outputTokens: 2_000,
  costUsd: 5.02,
  unknownCostRuns: 0,
};

test.each([
  [0, '$0.00'],
  [0.0042, '$0.0042'],
  [5.017, '$5.02'],
])('%s dollars are %s', (usd, text) => {
  expect(usdText(usd)).toBe(text);
});

test('a cost that is not known is said so, alone and beside what is known', () => {
  expect(costText({ ...spend, costUsd: 0, unknownCostRuns: 3 })).toBe('3 runs whose cost is not known');
  expect(spendText({ ...spend, costUsd: 0, unknownCostRuns: 3 })).toBe(
    'cost not known · 3 runs · 1:04:09 · 12,000 tokens',
  );
  expect(costText({ ...spend, unknownCostRuns: 1 })).toBe('$5.02 and 1 run whose cost is not known');
});

test('what was spent is said in a line, without tokens where none are known', () => {
  expect(spendText(spend)).toBe('$5.02 · 3 runs · 1:04:09 · 12,000 tokens');
  expect(spendText({ ...spend, inputTokens: 0, outputTokens: 0 })).toBe('$5.02 · 3 runs · 1:04:09');
});
