import { expect, test } from 'vitest';
import { agoText, durationText, relativeTimeText, waitText } from './time-text.ts';

const NOW = Date.UTC(2025, 10, 22, 12, 0, 0);

test.each([
  [0, 'just now'],
  [-5_000, 'just now'],
  [50_000, '1 min ago'],
  [59 * 60_000, '59 min ago'],
  [3 * 3_600_000, '3 h ago'],
  [30 * 3_600_000, 'yesterday'],
  [4 * 86_400_000, '4 days ago'],
  [40 * 86_400_000, '13 Oct'],
  [400 * 86_400_000, '18 Oct 2024'],
])('%i ms ago reads "%s"', (agoMs, text) => {
  expect(relativeTimeText(NOW - agoMs, NOW, 'UTC')).toBe(text);
});

test.each([
  [-5_000, '1 s ago'],
  [400, '1 s ago'],
  [44_900, '44 s ago'],
  [59_999, '59 s ago'],
  [60_000, '1 min ago'],
  [3 * 3_600_000, '3 h ago'],
])('where the seconds count, %i ms ago reads "%s"', (agoMs, text) => {
  expect(agoText(NOW - agoMs, NOW, 'UTC')).toBe(text);
});

test('days are those of the zone of the person', () => {
  const lateEvening = Date.UTC(2025, 9, 13, 22, 30);
  expect(relativeTimeText(lateEvening, NOW, 'UTC')).toBe('13 Oct');
  expect(relativeTimeText(lateEvening, NOW, 'Europe/Berlin')).toBe('14 Oct');
});

test('durations tick like a stopwatch', () => {
  expect([7_400, 751_000, 3_849_000, -3].map(durationText)).toEqual(['0:07', '12:31', '1:04:09', '0:00']);
});

test('waits are named in words', () => {
  expect([400, 40_000, 200_000].map(waitText)).toEqual(['in 1 second', 'in 40 seconds', 'in 4 minutes']);
});
