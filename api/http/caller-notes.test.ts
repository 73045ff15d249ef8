import { afterEach, expect, test, vi } from 'vitest';
import { CallerNotes } from './caller-notes.ts';

afterEach(() => vi.useRealTimers());

test('a note is believed as it was written, by who has written it, for a while', () => {
  const notes = new CallerNotes();
  const note = notes.write('203.0.113.7');
  expect(notes.read(note)).toBe('203.0.113.7');
  expect(notes.read(new CallerNotes().write('203.0.113.7'))).toBeNull();
  for (const forged of [
    undefined,
    '',
    '203.0.113.7',
    note.replace('203.0.113.7', '203.0.113.8'),
    note.slice(0, -1),
    `${note} `,
    [note, note],
  ])
    expect([forged, notes.read(forged)]).toEqual([forged, null]);
  vi.useFakeTimers({ now: Date.now() + 6 * 60_000 });
  expect(notes.read(note)).toBeNull();
});
