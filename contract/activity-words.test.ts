import { expect, test } from 'vitest';
import { activityWords } from './activity-words.ts';
import type { ActivityEntry, ToolKind, ToolStatus } from './activity.ts';

const tool = (toolKind: ToolKind, target: string | null, status: ToolStatus = 'running'): ActivityEntry => ({
  kind: 'tool',
  item: 0,
  name: 'its_name',
  toolKind,
  status,
  target,
  output: null,
  exitCode: null,
  changes: [],
});

test.each<[ActivityEntry, string | null]>([
  [tool('execute', 'npm test'), 'Running npm test'],
  [tool('edit', 'src/a.ts'), 'Editing src/a.ts'],
  [tool('read', 'src/a.ts'), 'Reading src/a.ts'],
  [tool('search', 'where it is'), 'Searching for where it is'],
  [tool('fetch', 'https://example.test'), 'Fetching https://example.test'],
  [tool('delegate', 'look for callers'), 'Delegating look for callers'],
  [tool('other', 'whatever'), 'Using its_name'],
  [tool('execute', 'npm test', 'done'), 'Ran npm test'],
  [tool('execute', 'npm test', 'failed'), 'Ran npm test'],
  [tool('execute', 'rm -rf /', 'denied'), 'Not allowed: rm -rf /'],
  [tool('execute', null), 'Running a command'],
  [tool('edit', null, 'done'), 'Edited files'],
  [tool('edit', ' \n', 'denied'), 'Not allowed: its_name'],
  [tool('execute', 'cat <<EOF\nmany\nlines'), 'Running cat <<EOF'],
  [{ kind: 'message', item: 1, text: '\n  I look at it.\r\nThen more.' }, 'I look at it.'],
  [{ kind: 'message', item: 1, text: ' \n' }, null],
  [{ kind: 'thought', item: 1, text: 'Hm' }, 'Thinking'],
  [{ kind: 'retry', item: 1, text: 'overloaded' }, 'Waiting: tries again'],
  [
    {
      kind: 'plan',
      item: 1,
      steps: [
        { text: 'Look', status: 'done' },
        { text: 'Write it', status: 'active' },
      ],
    },
    'Write it',
  ],
  [{ kind: 'plan', item: 1, steps: [{ text: 'Look', status: 'pending' }] }, null],
  [{ kind: 'warning', item: 1, text: 'Careful' }, null],
  [{ kind: 'usage', item: 1, inputTokens: 1, cachedInputTokens: 0, outputTokens: 1, costUsd: null }, null],
  [{ kind: 'other', item: 1, name: 'new', text: '{}' }, null],
])('%o is %s', (entry, words) => {
  expect(activityWords(entry)).toBe(words);
});

test('long words are cut between characters', () => {
  const words = activityWords(tool('execute', '😀'.repeat(300)));
  expect(words?.length).toBeLessThanOrEqual(200);
  expect(words?.isWellFormed()).toBe(true);
  expect(words).toMatch(/^Running 😀+…$/u);
});
