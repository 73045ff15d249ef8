import { expect, test } from 'vitest';
import { fillPlaceholders, hasPlaceholder, unknownPlaceholders } from './placeholders.ts';

const NONE = { model: null, promptFile: null, session: null };
const ALL = { model: 'gpt-5', promptFile: '/run/prompt.txt', session: 'a1b2' };

test.each([
  [
    ['a', '-m', '{model}', '-'],
    ['a', '-m', 'gpt-5', '-'],
    ['a', '-'],
  ],
  [['a', '--model={model}', '{promptFile}'], ['a', '--model=gpt-5', '/run/prompt.txt'], ['a']],
  [
    ['a', 'run', '{model}', 'x'],
    ['a', 'run', 'gpt-5', 'x'],
    ['a', 'run', 'x'],
  ],
  // What is no flag, or has a value already, stays.
  [
    ['a', '-', '{model}', '--', '{model}', '--json=1', '{model}'],
    ['a', '-', 'gpt-5', '--', 'gpt-5', '--json=1', 'gpt-5'],
    ['a', '-', '--', '--json=1'],
  ],
  [
    ['a', '-m', '{model}', '-m', '{model}', '{promptFile}'],
    ['a', '-m', 'gpt-5', '-m', 'gpt-5', '/run/prompt.txt'],
    ['a'],
  ],
])('%j: with values %j, without %j', (argv, withValues, without) => {
  expect(fillPlaceholders(argv, ALL)).toEqual(withValues);
  expect(fillPlaceholders(argv, NONE)).toEqual(without);
});

test('a value is taken as it is, also when it looks like a placeholder or a pattern', () => {
  expect(fillPlaceholders(['a', '{model}'], { ...NONE, model: '{promptFile} $& $1' })).toEqual([
    'a',
    '{promptFile} $& $1',
  ]);
});

test.each([
  '{"model": 1}',
  '${model}',
  '{model,promptFile}',
  'x{model}',
  '{model}x',
  '{}',
  '{ model }',
  '{env:KEY}',
  'key={model}',
  'model_providers.stub={name="stub"}',
  '-e=f({model})',
])('braces that are the argument’s own stay: %s', (argument) => {
  expect(unknownPlaceholders(['a', argument])).toEqual([]);
  expect(fillPlaceholders(['a', argument], ALL)).toEqual(['a', argument]);
});

test('an unknown placeholder is named with those that there are, and how to write the text itself', () => {
  expect(unknownPlaceholders(['{program}', '-m', '{modell}', '--file={taskFile}', '{model}'])).toEqual([
    { index: 2, message: expect.stringContaining('{modell}; known are {model}, {promptFile}, {session}. Write') },
    { index: 3, message: expect.stringContaining('Write {{taskFile}} for the text {taskFile} itself') },
  ]);
  expect(unknownPlaceholders(['jq', '{{name}}', '--x={{name}}'])).toEqual([]);
  expect(fillPlaceholders(['jq', '{{name}}', '--x={{model}}'], ALL)).toEqual(['jq', '{name}', '--x={model}']);
});

test('what a command asks for', () => {
  expect(hasPlaceholder(['aider', '--message-file', '{promptFile}'], 'promptFile')).toBe(true);
  expect(hasPlaceholder(['{promptFile}', '{model}', 'x{promptFile}'], 'promptFile')).toBe(false);
});
