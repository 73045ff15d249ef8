import { z } from 'zod';
import { cutText } from '#contract/cut-text.ts';

export const STATE_AUTHOR_KINDS = ['person', 'agent', 'orchestrator'] as const;

/** What a person would name, and how it is said of one thing and of several. `*` is the thing. */
const WORDS = {
  project_created: ['project * created'],
  project_renamed: ['project renamed to *'],
  project_paused: ['project paused'],
  project_resumed: ['project resumed'],
  project_archived: ['project archived'],
  repository_changed: ['repository changed'],
  caps_changed: ['caps changed'],
  agent_added: ['agent * added', '# agents added'],
  agent_changed: ['agent * changed', '# agents changed'],
  agent_resumed: ['pause of agent * ended', 'pauses of # agents ended'],
  agent_enabled: ['agent * enabled', '# agents enabled'],
  agent_disabled: ['agent * disabled', '# agents disabled'],
  task_planned: ['* planned', '# tasks planned'],
  task_added: ['* added', '# tasks added'],
  task_changed: ['* changed', '# tasks changed'],
  task_blocked: ['* blocked', '# tasks blocked'],
  task_unblocked: ['* unblocked', '# tasks unblocked'],
  task_reviewable: ['* ready for review', '# tasks ready for review'],
  task_approved: ['* approved', '# tasks approved'],
  task_sent_back: ['* sent back', '# tasks sent back'],
  task_merged: ['* merged', '# tasks merged'],
  task_done: ['* done', '# tasks done'],
  task_failed: ['* failed', '# tasks failed'],
  task_retrying: ['* failed, tried again', '# tasks failed, tried again'],
  task_retried: ['* queued again', '# tasks queued again'],
  task_stopped: ['* stopped and held', '# tasks stopped and held'],
  task_released: ['* started again', '# tasks started again'],
  task_canceled: ['* canceled', '# tasks canceled'],
  task_deleted: ['* deleted', '# tasks deleted'],
  focus_changed: ['focus changed'],
  notes_changed: ['notes changed'],
  pinned_changed: ['pinned actions changed'],
  rolled_back: ['rolled back to version *'],
  format_changed: ['written as *'],
  document_written: ['document written'],
  /** What versions say that are older than the lines. */
  other: ['*'],
  /** What a version has no room for. */
  more: ['and # more', 'and # more'],
} as const satisfies Record<string, readonly [string, string?]>;
export const STATE_CHANGE_KINDS = Object.keys(WORDS) as (keyof typeof WORDS)[];

export const StateChange = z.strictObject({
  author: z.strictObject({ kind: z.enum(STATE_AUTHOR_KINDS), name: z.string() }),
  kind: z.enum(STATE_CHANGE_KINDS),
  /** What was changed, by its name then; null when the kind says it all. */
  subject: z.string().nullable().default(null),
  taskId: z.string().nullable().default(null),
  count: z.int().min(1).default(1),
});
export type StateChange = z.infer<typeof StateChange>;
export type StateAuthor = StateChange['author'];

export const ORCHESTRATOR_AUTHOR: StateAuthor = { kind: 'orchestrator', name: 'Orchestrator' };

const MAX_CHANGES = 100;
const MAX_SUBJECT_CHARS = 80;
const MAX_SUMMARY_CHARS = 400;

/** What is stored of a version; it has been written by `addChanges`. */
export const readChanges = (stored: unknown): StateChange[] => z.array(StateChange).parse(stored);

/** Adds to what a version tells: nothing twice, what followed at once in place of what it followed, and never too much. */
export function addChanges(told: readonly StateChange[], more: readonly StateChange[]): StateChange[] {
  const changes = told.filter(({ kind }) => kind !== 'more');
  let left = told.find(({ kind }) => kind === 'more')?.count ?? 0;
  for (const change of more) {
    const replaced = changes.findIndex((earlier) => isFollowedBy(earlier, change));
    if (replaced >= 0) changes[replaced] = change;
    else if (changes.some((earlier) => isSame(earlier, change))) continue;
    else if (changes.length < MAX_CHANGES) changes.push(change);
    else left += 1;
  }
  return left === 0
    ? changes
    : [...changes, { author: ORCHESTRATOR_AUTHOR, kind: 'more', subject: null, taskId: null, count: left }];
}

function isSame(a: StateChange, b: StateChange): boolean {
  return (
    a.kind === b.kind &&
    a.author.kind === b.author.kind &&
    a.author.name === b.author.name &&
    // A task that has got another name is the same one.
    (a.taskId === null ? a.subject === b.subject : a.taskId === b.taskId)
  );
}

/** A failure that is tried again at once, an approval that ends the task: one thing, not two. */
function isFollowedBy(earlier: StateChange, later: StateChange): boolean {
  if (earlier.taskId === null || earlier.taskId !== later.taskId) return false;
  return (
    (earlier.kind === 'task_failed' && later.kind === 'task_retrying') ||
    (earlier.kind === 'task_approved' && later.kind === 'task_done' && earlier.author.name === later.author.name)
  );
}

/** Who is named in the line, in the order in which they did something. */
export function authorsOf(changes: readonly StateChange[]): StateAuthor[] {
  const named = changes.filter(({ kind }) => kind !== 'more').map(({ author }) => author);
  return [...new Map(named.map((author) => [`${author.kind} ${author.name}`, author])).values()];
}

/** One line an author: "anna@example.test: focus changed, notes changed". */
export function linesOf(changes: readonly StateChange[]): string[] {
  const lines = authorsOf(changes).map((author) => {
    const own = changes.filter(
      (change) => change.kind !== 'more' && change.author.kind === author.kind && change.author.name === author.name,
    );
    const kinds = [...new Set(own.map(({ kind }) => kind))];
    return `${author.name}: ${kinds.map((kind) => say(own.filter((change) => change.kind === kind))).join(', ')}`;
  });
  const rest = changes.filter(({ kind }) => kind === 'more');
  return rest.length === 0 ? lines : [...lines, say(rest)];
}

/** What a version tells, in one line. */
export function summaryOf(changes: readonly StateChange[]): string {
  return cutText(linesOf(changes).join('; '), MAX_SUMMARY_CHARS, '…');
}

/** Changes of one kind by one author. */
function say(changes: readonly StateChange[]): string {
  const [first] = changes;
  if (!first) return '';
  const [one, several]: readonly [string, string?] = WORDS[first.kind];
  const count = changes.reduce((sum, change) => sum + change.count, 0);
  const subjects = [...new Set(changes.map(({ subject }) => subject ?? ''))];
  // As a function: what a person wrote may hold what a replacement gives a meaning.
  if (count > 1 && several !== undefined) return several.replace('#', () => String(count));
  return subjects
    .map((subject) => one.replace('#', String(count)).replace('*', () => cutText(subject, MAX_SUBJECT_CHARS, '…')))
    .join(', ');
}
