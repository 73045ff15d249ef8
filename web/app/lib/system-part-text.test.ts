import { expect, test } from 'vitest';
import { systemPartText, type PartFacts } from './system-part-text.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const part = (changes: Partial<PartFacts>): PartFacts => ({
  name: 'runner',
  state: 'WAITING',
  ends: 3,
  lastEnd: 'exit code 1',
  nextTryAt: '2026-01-01T00:00:19.500Z',
  ...changes,
});

test.each([
  [part({}), 'The runner of this system keeps ending (exit code 1): next try in 20 s.'],
  [part({ nextTryAt: '2025-12-31T23:59:59Z' }), 'The runner of this system keeps ending (exit code 1): next try now.'],
  [
    part({ name: 'redis', state: 'STARTING', nextTryAt: null }),
    'Redis keeps ending (exit code 1): it is being started again.',
  ],
  [
    part({ name: 'web', state: 'RUNNING', nextTryAt: null }),
    'The program that makes the pages kept ending (exit code 1) and runs again.',
  ],
  [part({ ends: 1 }), null],
  [part({ ends: 0, state: 'RUNNING' }), null],
])('%o', (facts, text) => {
  expect(systemPartText(facts, NOW)).toBe(text);
});
