import { expect, test } from 'vitest';
import { runnerSandboxText } from './sandbox-text.ts';

test.each([
  [null, true, 'Its runs are sandboxed.'],
  [null, false, 'When it was last heard, its runs were sandboxed.'],
  ['not sandboxed: bubblewrap is missing', true, 'Not sandboxed: bubblewrap is missing'],
  [
    'not sandboxed: bubblewrap is missing',
    false,
    'When it was last heard, its runs were not sandboxed: bubblewrap is missing',
  ],
  ['bubblewrap is missing', false, 'When it was last heard, its runs were not sandboxed: bubblewrap is missing'],
  [
    'This runner does not say whether its runs are sandboxed.',
    true,
    'This runner does not say whether its runs are sandboxed.',
  ],
  [
    'This runner does not say whether its runs are sandboxed.',
    false,
    'This runner does not say whether its runs are sandboxed.',
  ],
])('%s, online %s: %s', (note, isOnline, text) => {
  expect(runnerSandboxText(note, isOnline)).toBe(text);
});
