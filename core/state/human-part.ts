import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { MAX_PINNED_ACTIONS } from '#contract/limits.ts';
import { priority } from '#contract/fields.ts';
import type { ProjectStateVersion } from '#prisma/generated/client/client.ts';
import type { StateDocument } from './document.ts';
import { line, note, parseStateDocument, PROJECT_STATUSES } from './document.ts';
import { focusOf } from './focus.ts';

/**
 * What a person owns of the state document; it survives every rebuild. Stored as
 * `project_state_human.content`.
 */
export const HumanPart = z.strictObject({
  /** Null: the document shows the task that matters most. */
  currentFocus: line.nullable().default(null),
  /** In a version: what the project was set to; null: archived. Null in `project_state_human`: the project's row is the truth. */
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
 * The human part of a version.
 * @throws InvalidInputError when it is older than the column, and its text is no state document
 */
export function humanPartOf(version: Pick<ProjectStateVersion, 'human' | 'content' | 'stateFormat'>): HumanPart {
  if (version.human !== null) return HumanPart.parse(version.human);
  return extractHumanPart(parseStateDocument(version.content, version.stateFormat));
}

/** The human part of a version that is written of these facts. */
export function humanPartOfFacts({
  human,
  project: { status },
}: {
  human: HumanPart;
  project: { status: NonNullable<HumanPart['status']> | 'archived' };
}): HumanPart {
  return { ...human, status: status === 'archived' ? null : status };
}

/** Takes it out of a document: focus, status, actions marked `pinned: true`, notes. A focus that is the first task's title was generated. */
export function extractHumanPart({ project, summary, tasks, next_actions, notes }: StateDocument): HumanPart {
  const generatedFocus = focusOf((tasks.active[0] ?? tasks.next[0])?.title);
  return {
    currentFocus: summary.current_focus === generatedFocus ? null : summary.current_focus,
    status: project.status === 'archived' ? null : project.status,
    pinnedActions: next_actions
      .filter((action) => action.pinned)
      .map(({ description, priority: rank }) => ({ description, priority: rank })),
    notes,
  };
}

/** What differs, by the fields of the human part. */
export function humanDifferences(a: HumanPart, b: HumanPart): (keyof HumanPart)[] {
  return (Object.keys(EMPTY_HUMAN_PART) as (keyof HumanPart)[]).filter((key) => !isDeepStrictEqual(a[key], b[key]));
}
