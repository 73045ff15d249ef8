import { expect, test } from 'vitest';
import { SystemParts } from './system-parts.ts';

const part = (ends: number) => ({
  name: 'runner',
  state: 'waiting' as const,
  ends,
  lastEnd: 'exit code 1',
  detail: null,
  nextTryAt: '2026-01-01T00:00:00.000Z',
});
const word = (ends: number): string => JSON.stringify({ parts: [part(ends)] });

test('who follows gets what is known, then what changes; a slow reader gets the latest', async () => {
  const parts = new SystemParts();
  const followed = parts.follow();
  expect(await followed.next()).toEqual({ done: false, value: [] });
  parts.take(word(1));
  parts.take(word(2));
  expect(await followed.next()).toEqual({ done: false, value: [part(2)] });
  const next = followed.next();
  parts.take(word(3));
  expect(await next).toEqual({ done: false, value: [part(3)] });
});

test('who leaves while nothing changes is let go', async () => {
  const followed = new SystemParts().follow();
  await followed.next();
  const waiting = followed.next();
  await followed.return(undefined);
  expect(await waiting).toEqual({ done: true, value: undefined });
});

test('a word that is none is refused', () => {
  expect(() => new SystemParts().take('{"parts":[{}]}')).toThrow('Invalid input');
});
