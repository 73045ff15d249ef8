import { expect, test } from 'vitest';
import { AgentConfig } from './agent-config.ts';
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
