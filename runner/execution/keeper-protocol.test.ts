import { expect, test } from 'vitest';
import { messageParser } from './keeper-protocol.ts';

test('messages come whole, however their bytes are cut; what is no message ends the listening, and throws nothing', () => {
  const heard: unknown[] = [];
  const broken: string[] = [];
  const parse = messageParser<unknown>(
    (message) => heard.push(message),
    ({ name }) => broken.push(name),
  );
  for (const chunk of ['{"a":', '1}\n{"b"', ':2}\n', '{"c":3}\nnonsense\n{"d":4}\n', '{"e":5}\n']) parse(chunk);
  expect([heard, broken]).toEqual([[{ a: 1 }, { b: 2 }, { c: 3 }], ['SyntaxError']]);
});
