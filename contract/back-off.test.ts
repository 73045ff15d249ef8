import { expect, test } from 'vitest';
import { backOffMs } from './back-off.ts';

test('the delay doubles, with half of it random, up to its limit', () => {
  const policy = { baseDelayMs: 1_000, maxDelayMs: 5_000 };
  const delays = (random: number) => [1, 2, 3, 4, 400, 4_000].map((attempt) => backOffMs(policy, attempt, random));
  expect(delays(0)).toEqual([500, 1_000, 2_000, 2_500, 2_500, 2_500]);
  expect(delays(0.999_999)).toEqual([1_000, 2_000, 4_000, 5_000, 5_000, 5_000]);
  expect(new Set(Array.from({ length: 20 }, () => backOffMs(policy, 3))).size).toBeGreaterThan(1);
});
