import type { ActivityEntry } from '#contract/activity.ts';

type Tool = Extract<ActivityEntry, { kind: 'tool' }>;

export const message = (item: number, text: string): ActivityEntry => ({ kind: 'message', item, text });

/** A command that runs; `changes` say otherwise. */
export const toolCall = (item: number, target: string, changes: Partial<Tool> = {}): ActivityEntry => ({
  kind: 'tool',
  item,
  name: 'shell',
  toolKind: 'execute',
  status: 'running',
  target,
  output: null,
  exitCode: null,
  changes: [],
  ...changes,
});

/** Messages 0, 1, 2 …, an item each. */
export const messages = (from: number, count: number): ActivityEntry[] =>
  Array.from({ length: count }, (_, i) => message(from + i, `entry ${from + i}`));
