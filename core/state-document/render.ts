import { stringify } from 'yaml';
import { cutText } from '#contract/cut-text.ts';
import type { HumanPart } from './human-part.ts';
import type { StateDocument, StateFormat } from './document.ts';

const MAX_NEXT_TASKS = 5;
const MAX_FOCUS_CHARS = 500;
const MAX_GENERATED_ACTIONS = 10;

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
  /** Every task that is neither done nor canceled. */
  tasks: readonly StateTask[];
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
  const document = buildStateDocument(facts);
  if (format === 'json') return `${JSON.stringify(document, null, 2)}\n`;
  // Without a line width long titles stay in one line, so that a diff shows whole values.
  return stringify(document, { schema: 'core', version: '1.2', lineWidth: 0, aliasDuplicateObjects: false });
}

/** The document as data, in the order of its keys. */
export function buildStateDocument({
  project,
  human,
  tasks,
  lastCompletedRun,
  lastChangedAt,
}: StateFacts): StateDocument {
  const byUrgency = [...tasks].sort(firstByUrgency);
  const active = byUrgency.filter(({ status }) => status === 'in_progress' || status === 'needs_review');
  const queued = byUrgency.filter(({ status, heldBy }) => status === 'queued' && heldBy === null);
  return {
    project: { name: project.name, status: project.status },
    summary: {
      current_focus: human.currentFocus ?? focusOf(active[0] ?? queued[0]),
      last_update: newest([
        lastChangedAt,
        lastCompletedRun?.finishedAt ?? null,
        ...tasks.map(({ updatedAt }) => updatedAt),
      ]),
    },
    tasks: {
      active: active.map(({ id, shortId, title, status, agentName }) => ({
        id,
        short_id: shortId,
        title,
        status: status as 'in_progress' | 'needs_review',
        agent: agentName,
      })),
      blocked: byUrgency
        .filter(({ status }) => status === 'blocked')
        .map(({ id, shortId, blockedReason }) => ({ id, short_id: shortId, reason: blockedReason ?? '' })),
      next: queued.slice(0, MAX_NEXT_TASKS).map(({ id, shortId, title, priority, agentName }) => ({
        id,
        short_id: shortId,
        title,
        priority,
        agent: agentName,
      })),
    },
    runs: {
      last_completed: lastCompletedRun && {
        run_id: lastCompletedRun.id,
        summary: lastCompletedRun.summary,
        finished_at: lastCompletedRun.finishedAt.toISOString(),
      },
    },
    next_actions: [
      ...human.pinnedActions.map(({ description, priority }) => ({ description, priority, pinned: true })),
      ...generatedActions(byUrgency).map((action) => ({ ...action, pinned: false })),
    ],
    notes: human.notes,
  };
}

/** What waits for a person, most urgent first. */
function generatedActions(byUrgency: readonly StateTask[]): { description: string; priority: number }[] {
  const actions = byUrgency.flatMap((task) => {
    const description = describeAction(task);
    return description === null ? [] : [{ description, priority: task.priority }];
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

function focusOf(task: StateTask | undefined): string | null {
  return cutText(task?.title.trim() ?? '', MAX_FOCUS_CHARS) || null;
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
