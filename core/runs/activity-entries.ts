import { z } from 'zod';
import { activityWords } from '#contract/activity-words.ts';
import { ActivityEntry, MAX_ACTIVITY_ENTRIES, MAX_ACTIVITY_TEXT_CHARS } from '#contract/activity.ts';
import { cutText } from '#contract/cut-text.ts';
import { explainIssue } from '#contract/explain-issue.ts';

/** Of a kind, a key or a word of an enum that a later contract may have. */
const NEWER: readonly z.core.$ZodIssue['code'][] = ['unrecognized_keys', 'invalid_value', 'invalid_union'];

/** What every entry has, of any version. */
const AnyEntry = z.looseObject({
  kind: z.string().min(1).max(50),
  item: z.int().min(0).max(MAX_ACTIVITY_ENTRIES),
});

/** What was looked at with every entry is not said twice. */
const COMMON: ReadonlySet<PropertyKey | undefined> = new Set(Object.keys(AnyEntry.shape));

/** An entry as runners bring it: what this version knows of it must keep the contract's bounds. */
export const AppendedEntry = AnyEntry.superRefine((entry, context) => {
  const known = ActivityEntry.safeParse(entry, { error: explainIssue });
  for (const { code, path, message } of known.error?.issues ?? [])
    if (!NEWER.includes(code) && !COMMON.has(path[0])) context.addIssue({ code: 'custom', path, message });
});

/** An entry that was stored, as this version knows it: what a newer runner has brought is `other`, with all it says. */
export function knownEntry(stored: unknown): ActivityEntry {
  const known = ActivityEntry.safeParse(stored);
  if (known.success) return known.data;
  const { kind, item } = AnyEntry.parse(stored);
  return { kind: 'other', item, name: kind, text: cutText(JSON.stringify(stored), MAX_ACTIVITY_TEXT_CHARS, '…') };
}

/**
 * What the agent does after these entries.
 * @returns words; null: they say nothing about it. `item`: of a message that may have been begun before them
 */
export function doingOf(entries: readonly z.infer<typeof AppendedEntry>[]): {
  words: string | null;
  item: number | null;
} {
  const known = entries.map(knownEntry);
  const last = known.findLast((entry) => activityWords(entry) !== null);
  if (!last) return { words: null, item: null };
  if (last.kind !== 'message') return { words: activityWords(last), item: null };
  const pieces = known.filter((entry) => entry.kind === 'message' && entry.item === last.item) as (typeof last)[];
  const text = pieces.map((piece) => piece.text).join('');
  return { words: activityWords({ ...last, text }), item: pieces[0] === known[0] ? last.item : null };
}
