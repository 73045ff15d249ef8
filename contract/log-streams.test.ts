import { expect, test } from 'vitest';
import { LOG_STREAMS } from './enums.ts';
import { digitOf, STREAM_DIGITS, STREAM_DIGITS_TEXT, streamOf } from './log-streams.ts';

test('the digits of streams are what runners and logs have had ever since', () => {
  expect(LOG_STREAMS.map(digitOf)).toEqual(['1', '2', '3']);
  expect(['1', '2', '3', '4', '0', ''].map(streamOf)).toEqual([...LOG_STREAMS, 'system', 'system', 'system']);
  expect(STREAM_DIGITS_TEXT).toBe('A digit a line: 1 stdout, 2 stderr, 3 system');
  expect(['123', '11', '', '0', '4', '1 2'].map((text) => STREAM_DIGITS.test(text))).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});
