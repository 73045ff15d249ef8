import { stringify } from 'yaml';
import { cutText } from '#contract/cut-text.ts';
import type { HumanPart } from './human-part.ts';
import { MAX_STATE_DOCUMENT_CHARS } from './document.ts';
import type { StateDocument, StateFormat } from './document.ts';
import { focusOf } from './focus.ts';

/** More of a kind are only counted. */
export const MAX_LISTED_TASKS = 100;

const MAX_NEXT_TASKS = 5;
const MAX_GENERATED_ACTIONS = 10;
const MAX_REASON_CHARS = 500;
const MAX_ACTION_CHARS = 500;
const MAX_RUN_SUMMARY_CHARS = 2_000;
/** How many tasks a list shows: the first of these with which the document keeps to its size. */
const LIST_LIMITS = [MAX_LISTED_TASKS, 50, 20, 5, 1, 0];

export interface StateTask {
  id: string;
  shortId: string;
  title: string;
  status: 'queued' | 'in_progress' | 'blocked' | 'needs_review' | 'failed';
  /** 1 first. */
  priority: number;
  agentName: string | null;
  /** Why it is blocked; null for the others. */
  blockedReason: string | null;
  /** Who stopped it: queued, and held until a person starts it. */
  heldBy: string | null;
  /** Its last attempt made no change to merge: what there is to review is what the agent said. */
  isReport: boolean;
  createdAt: Date;
  updatedAt: Date;
}

/** Plain facts, as the database has them; their order does not matter. */
export interface StateFacts {
  project: { name: string; status: 'active' | 'paused' | 'archived' };
  human: HumanPart;
  /** Of the tasks that are neither done nor canceled, the most urgent of each status. */
  tasks: readonly StateTask[];
  /** How many there are of each kind, those not in `tasks` included. */
  totals: Record<'in_progress' | 'needs_review' | 'blocked' | 'failed' | 'held' | 'queued', number>;
  lastCompletedRun: { id: string; summary: string | null; finishedAt: Date } | null;
  /**
   * The newest change among all of the project's tasks, runs and transcripts, those not listed here
   * included. Never the clock, and never a version saved by hand: else every rebuild would differ.
   */
  lastChangedAt: Date | null;
}

/**
 * Writes the state document. The same facts give the same bytes: keys and lists have one order, and
 * times come from the facts.
 */
export function renderStateDocument(facts: StateFacts, format: StateFormat): string {
  // Characters that are written as escapes make a text many times longer, so what fits is known when it is written.
  for (const limit of LIST_LIMITS) {
    const text = write(buildStateDocument(facts, limit), format);
    if (text.length <= MAX_STATE_DOCUMENT_CHARS) return text;
  }
  throw new Error(`Expected a state document without tasks to have at most ${MAX_STATE_DOCUMENT_CHARS} characters`);
}

function write(document: StateDocument, format: StateFormat): string {
  if (format === 'json') return `${JSON.stringify(document, null, 2)}\n`;
  // Without a line width long titles stay in one line, so that a diff shows whole values.
  return stringify(document, { schema: 'core', version: '1.2', lineWidth: 0, aliasDuplicateObjects: false });
}

/** The document as data, in the order of its keys; where a list is cut, it says how many more there are. */
export function buildStateDocument(
  { project, human, tasks, totals, lastCompletedRun, lastChangedAt }: StateFacts,
  limit = MAX_LISTED_TASKS,
): StateDocument {
  const byUrgency = [...tasks].sort(firstByUrgency);
  const active = byUrgency.filter(({ status }) => status === 'in_progress' || status === 'needs_review');
  const blocked = byUrgency.filter(({ status }) => status === 'blocked');
  const queued = byUrgency.filter(({ status, heldBy }) => status === 'queued' && heldBy === null);
  const actions = generatedActions(byUrgency);
  return {
    project: { name: project.name, status: project.status },
    summary: {
      current_focus: human.currentFocus ?? focusOf((active[0] ?? queued[0])?.title),
      last_update: newest([
        lastChangedAt,
        lastCompletedRun?.finishedAt ?? null,
        ...tasks.map(({ updatedAt }) => updatedAt),
      ]),
    },
    tasks: {
      active: active.slice(0, limit).map(({ id, shortId, title, status, agentName }) => ({
        id,
        short_id: shortId,
        title,
        status: status as 'in_progress' | 'needs_review',
        agent: agentName,
      })),
      ...more('active_more', totals.in_progress + totals.needs_review, Math.min(active.length, limit)),
      blocked: blocked.slice(0, limit).map(({ id, shortId, blockedReason }) => ({
        id,
        short_id: shortId,
        reason: cutText(blockedReason ?? '', MAX_REASON_CHARS, '…'),
      })),
      ...more('blocked_more', totals.blocked, Math.min(blocked.length, limit)),
      next: queued.slice(0, MAX_NEXT_TASKS).map(({ id, shortId, title, priority, agentName }) => ({
        id,
        short_id: shortId,
        title,
        priority,
        agent: agentName,
      })),
      ...more('next_more', totals.queued, Math.min(queued.length, MAX_NEXT_TASKS)),
    },
    runs: {
      last_completed: lastCompletedRun && {
        run_id: lastCompletedRun.id,
        summary: lastCompletedRun.summary && cutText(lastCompletedRun.summary, MAX_RUN_SUMMARY_CHARS, '…'),
        finished_at: lastCompletedRun.finishedAt.toISOString(),
      },
    },
    next_actions: [
      ...human.pinnedActions.map(({ description, priority }) => ({ description, priority, pinned: true })),
      ...actions.map((action) => ({ ...action, pinned: false })),
    ],
    ...more('next_actions_more', totals.needs_review + totals.blocked + totals.failed + totals.held, actions.length),
    notes: human.notes,
  };
}

function more<K extends string>(key: K, total: number, shown: number): Partial<Record<K, string>> {
  return total > shown ? ({ [key]: `and ${total - shown} more` } as Record<K, string>) : {};
}

/** What waits for a person, most urgent first. */
function generatedActions(byUrgency: readonly StateTask[]): { description: string; priority: number }[] {
  const actions = byUrgency.flatMap((task) => {
    const description = describeAction(task);
    return description === null
      ? []
      : [{ description: cutText(description, MAX_ACTION_CHARS, '…'), priority: task.priority }];
  });
  return actions.slice(0, MAX_GENERATED_ACTIONS);
}

function describeAction({ status, title, blockedReason, heldBy, isReport }: StateTask): string | null {
  switch (status) {
    case 'needs_review':
      return isReport ? `Read the report: ${title}` : `Review: ${title}`;
    case 'blocked':
      return `Unblock: ${title}${blockedReason ? ` (${blockedReason})` : ''}`;
    case 'failed':
      return `Retry or cancel: ${title}`;
    case 'queued':
      return heldBy === null ? null : `Start or cancel: ${title} (held, stopped by ${heldBy})`;
    case 'in_progress':
      return null; // nobody needs to do anything
  }
}

function firstByUrgency(a: StateTask, b: StateTask): number {
  return (
    a.priority - b.priority || a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  );
}

function newest(times: readonly (Date | null)[]): string | null {
  const latest = times.reduce<number | null>(
    (max, time) => (time !== null && (max === null || time.getTime() > max) ? time.getTime() : max),
    null,
  );
  return latest === null ? null : new Date(latest).toISOString();
}
