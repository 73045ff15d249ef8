import { expect, test } from 'vitest';
import { z } from 'zod';
import { AgentConfig } from './agent-config.ts';
import { explainIssue } from './explain-issue.ts';
import { parseContract } from './parse.ts';

const commands = [['node', 'x.mjs']];

test.each([
  [{ leaseMs: 1 }, 'leaseMs: 1 is too small; write a number of 10000 or more'],
  [{ leaseMs: 9e9 }, 'leaseMs: 9000000000 is too big; write a number of at most '],
  [{ leaseMs: 5000.5 }, 'leaseMs: 5000.5 is not a whole number; write a whole number'],
  [{ leaseMs: 'long' }, 'leaseMs: This is a text; write a number'],
  [{ inPlace: 'yes' }, 'inPlace: This is a text; write true or false'],
  [{ commands: undefined }, 'commands: This is missing; write a list'],
  [{ commands: 'npm test' }, 'commands: This is a text; write a list'],
  [{ commands: ['npm test'] }, 'commands.0: This is a text; write a list'],
  [{ stdin: 'everything' }, 'stdin: This is not known; write one of "'],
  [{ retry: { maxAttempts: 0 } }, 'retry.maxAttempts: 0 is too small; write a number of 1 or more'],
  [{ allowedGlobs: [] }, 'allowedGlobs: This list is empty; write at least one entry'],
  [{ labels: Array.from({ length: 21 }, () => 'gpu') }, 'labels: This has 21 entries; write at most 20'],
  [{ model: 'm'.repeat(201) }, 'model: This is too long; write at most 200 characters, not 201'],
  [{ prompt: 'Be brief' }, 'prompt: Write { "text": "…" } or { "file": "a path in the repository" }'],
  [{ colour: 'blue' }, 'the top: There is no key "colour"; take it out or correct it'],
] as const)('what does not fit is told by name, what is wrong and what to write: %j', (change, words) => {
  expect(() => parseContract('AgentConfig', AgentConfig, { commands, ...change })).toThrow(`AgentConfig at ${words}`);
});

test('a text that does not fit is not repeated: it may be a secret', () => {
  expect(() => parseContract('AgentConfig', AgentConfig, { commands, leaseMs: 'hunter2' })).toThrow(/^(?!.*hunter2)/);
});

const words = z.string();
const few = z.array(words);
test.each([
  [z.coerce.number(), 'abc', 'This is not a number; write a number'],
  [z.int(), NaN, 'This is not a number; write a number'],
  [z.coerce.number(), 'Infinity', 'This is not a finite number; write a number'],
  [z.coerce.date(), 'abc', 'This is not a time; write a time'],
  [few.min(1), [], 'This list is empty; write at least one entry'],
  [few.min(2), [], 'This list is empty; write 2 or more entries'],
  [few.length(4), [], 'This list is empty; write exactly 4 entries'],
  [few.length(1), [], 'This list is empty; write exactly 1 entry'],
  [few.length(1), ['a', 'b'], 'This has 2 entries; write exactly 1'],
  [few.min(2), ['a'], 'This has 1 entry; write 2 or more'],
  [z.set(words).min(2), new Set(['a']), 'This has 1 entry; write 2 or more'],
  [z.map(words, words).min(1), new Map(), 'This list is empty; write at least one entry'],
  [words.min(1), '', 'This is empty; write a text'],
  [words.min(2), '', 'This is empty; write 2 or more characters'],
  [words.length(1), '', 'This is empty; write exactly 1 character'],
  [words.length(4), 'abc', 'This is too short; write exactly 4 characters, not 3'],
  [words.length(4), 'abcde', 'This is too long; write exactly 4 characters, not 5'],
  [words.max(1), 'ab', 'This is too long; write at most 1 character, not 2'],
  [
    z.record(words.max(1), words),
    { ab: 'x' },
    'The key "ab" does not fit: This is too long; write at most 1 character, not 2',
  ],
  [
    z.record(words.regex(/^[A-Z]+$/, 'Write capital letters'), words),
    { ab: 'x' },
    'The key "ab" does not fit: Write capital letters',
  ],
  [z.record(z.uuid(), words), { ab: 'x' }, 'The key "ab" does not fit: This does not fit; write a UUID'],
])('the bound, the number and the key are those of the shape: %#', (shape: z.ZodType, value, sentence) => {
  expect(shape.safeParse(value, { error: explainIssue }).error?.issues.map(({ message }) => message)).toEqual([
    sentence,
  ]);
});
