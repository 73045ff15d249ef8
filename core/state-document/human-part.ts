import { z } from 'zod';
import { priority } from '#contract/fields.ts';
import type { StateDocument } from './document.ts';
import { line, MAX_PINNED_ACTIONS, note, PROJECT_STATUSES } from './document.ts';

/**
 * What a person owns of the state document; it survives every rebuild. Stored as
 * `project_state_human.content`.
 */
export const HumanPart = z.strictObject({
  /** Null: the document shows the task that matters most. */
  currentFocus: line.nullable().default(null),
  /** What the person set the project to by hand; null: nothing. The project's row stays the truth: saving a version sets it. */
  status: z.enum(PROJECT_STATUSES).nullable().default(null),
  /** In the person's order, in front of the generated actions. */
  pinnedActions: z
    .array(z.strictObject({ description: line, priority }))
    .max(MAX_PINNED_ACTIONS)
    .default([]),
  notes: note.default(''),
});
export type HumanPart = z.infer<typeof HumanPart>;

/** The human part of a project where nobody has written anything yet. */
export const EMPTY_HUMAN_PART: HumanPart = { currentFocus: null, status: null, pinnedActions: [], notes: '' };

/**
 * Takes out of a document saved by hand what its author may decide: focus, status, actions marked
 * `pinned: true`, notes. Everything else in it is generated anew at the next rebuild.
 * @param before the document that was edited and its human part; a focus left as it was shown stays
 *   generated, and a status left as it was is no decision
 */
export function extractHumanPart(
  saved: StateDocument,
  before: { document: StateDocument; human: HumanPart } | null = null,
): HumanPart {
  const isFocusUntouched = before !== null && saved.summary.current_focus === before.document.summary.current_focus;
  const isStatusUntouched = before !== null && saved.project.status === before.document.project.status;
  return {
    currentFocus: isFocusUntouched ? before.human.currentFocus : saved.summary.current_focus,
    status: isStatusUntouched || saved.project.status === 'archived' ? null : saved.project.status,
    pinnedActions: saved.next_actions
      .filter((action) => action.pinned)
      .map(({ description, priority: rank }) => ({ description, priority: rank })),
    notes: saved.notes,
  };
}
