import { describe, expect, test } from 'vitest';
import { addChanges, authorsOf, linesOf, readChanges, summaryOf } from './state-changes.ts';
import type { StateChange } from './state-changes.ts';

const anna = { kind: 'person', name: 'anna' } as const;
const claude = { kind: 'agent', name: 'claude' } as const;

function change(
  kind: StateChange['kind'],
  subject: string | null = null,
  author: StateChange['author'] = anna,
): StateChange {
  return { author, kind, subject, taskId: kind.startsWith('task_') ? `id of ${subject}` : null, count: 1 };
}

describe('the line of a version', () => {
  test('names each author once, in their order, with what they did', () => {
    const changes = [
      change('task_merged', 'Fix the header', claude),
      change('focus_changed'),
      change('task_blocked', 'Sort the imports', claude),
      change('notes_changed'),
    ];
    expect(summaryOf(changes)).toBe(
      'claude: Fix the header merged, Sort the imports blocked; anna: focus changed, notes changed',
    );
    expect(linesOf(changes)).toHaveLength(2);
    expect(authorsOf(changes)).toEqual([claude, anna]);
  });

  test('counts what is several of a kind, and a person of an agent’s name is another one', () => {
    const namesake = { kind: 'person', name: 'claude' } as const;
    const changes = [
      change('task_done', 'One', claude),
      change('task_done', 'Two', claude),
      change('task_done', 'Three', namesake),
    ];
    expect(summaryOf(changes)).toBe('claude: 2 tasks done; claude: Three done');
  });

  test('shows names as they are, and cuts long ones between characters', () => {
    expect(summaryOf([change('task_done', '$& * # $1')])).toBe('anna: $& * # $1 done');
    expect(summaryOf([change('task_done', '👩‍💻'.repeat(40))])).toBe(`anna: ${'👩‍💻'.repeat(15)}… done`);
    expect(
      summaryOf(Array.from({ length: 9 }, (_, i) => change('other', `${i}`.repeat(200)))).length,
    ).toBeLessThanOrEqual(400);
    expect(summaryOf([])).toBe('');
  });
});

describe('what is added to a version', () => {
  test('is told once, also of a task that has got another name', () => {
    const first = change('task_changed', 'Old name');
    const told = addChanges(
      [first],
      [{ ...first, subject: 'New name' }, change('focus_changed'), change('focus_changed')],
    );
    expect(told).toEqual([first, change('focus_changed')]);
  });

  test('takes the place of what it followed at once', () => {
    expect(addChanges([change('task_failed', 'A', claude)], [change('task_retrying', 'A', claude)])).toEqual([
      change('task_retrying', 'A', claude),
    ]);
    expect(addChanges([change('task_approved', 'A')], [change('task_done', 'A')])).toEqual([change('task_done', 'A')]);
    const others = [
      change('task_approved', 'A'),
      change('task_merged', 'A', claude),
      change('task_failed', 'B', claude),
    ];
    expect(addChanges([], others)).toEqual(others);
  });

  test('is counted where there is no room for it, and goes on being counted', () => {
    const many = (from: number, n: number) => Array.from({ length: n }, (_, i) => change('task_done', `${from + i}`));
    const told = addChanges(addChanges([], many(0, 130)), many(500, 7));
    expect(told).toHaveLength(101);
    expect(told.at(-1)).toMatchObject({ kind: 'more', count: 37 });
    expect(summaryOf(told)).toBe('anna: 100 tasks done; and 37 more');
    expect(authorsOf(told)).toEqual([anna]);
    expect(readChanges(structuredClone(told))).toEqual(told);
  });
});
