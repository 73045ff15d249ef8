import { ORCHESTRATOR_AUTHOR } from './state-changes.ts';
import type { StateAuthor, StateChange } from './state-changes.ts';

/** A stored event that may be something a person would name, as `readStateFacts` hands it out. */
export interface ToldEvent {
  type: string;
  /** `told` is who did it and what was changed, beside the patch that everybody is sent. */
  payload: { id: string; patch: Record<string, unknown>; told?: Told };
  /** The task's name now, or when it was deleted; null where there is none. */
  title: string | null;
  agentName: string | null;
}

export interface Told {
  actor: TrailActor;
  /** What was changed, by the names of the fields; none: nothing worth a line. */
  what: string[];
}

/** As the audit trail names who acted. */
interface TrailActor {
  kind?: string;
  name?: string;
}

/** The events that `nameChanges` reads. */
export const TOLD_EVENT_TYPES = [
  'task.event.appended',
  'task.deleted',
  'project.updated',
  'agent.created',
  'agent.updated',
] as const;

/**
 * What people would say has happened. Moving facts are not named: that a run has started, how far it is, what waits for
 * what.
 * @param isFirst no version tells of the project yet: it is new
 */
export function nameChanges(events: readonly ToldEvent[], isFirst: boolean): StateChange[] {
  return events.flatMap((event) => {
    if (event.type === 'task.event.appended') return nameTaskEvent(event);
    const { told, patch } = event.payload;
    if (!told || told.what.length === 0) return [];
    const author = authorOf(told.actor, null);
    if (event.type === 'task.deleted')
      return [{ author, kind: 'task_deleted', subject: event.title ?? 'a task', taskId: event.payload.id, count: 1 }];
    const kinds = event.type === 'project.updated' ? projectKinds(told.what, patch, isFirst) : agentKinds(event, told);
    const subject = typeof patch['name'] === 'string' ? patch['name'] : null;
    return kinds.map((kind) => ({ author, kind, subject, taskId: null, count: 1 }));
  });
}

function projectKinds(what: string[], patch: Record<string, unknown>, isFirst: boolean): StateChange['kind'][] {
  if (what.includes('created')) return isFirst ? ['project_created'] : [];
  const status =
    patch['status'] === 'paused'
      ? 'project_paused'
      : patch['status'] === 'archived'
        ? 'project_archived'
        : 'project_resumed';
  return [
    ...(what.includes('name') ? (['project_renamed'] as const) : []),
    ...(what.includes('status') ? ([status] as const) : []),
    ...(what.includes('defaultRepoPath') ? (['repository_changed'] as const) : []),
    ...(what.includes('caps') ? (['caps_changed'] as const) : []),
  ];
}

function agentKinds({ type, payload }: ToldEvent, { what }: Told): StateChange['kind'][] {
  if (type === 'agent.created') return ['agent_added'];
  const isEnabled = payload.patch['isEnabled'] === true;
  return [
    ...(what.some((field) => !['isEnabled', 'pause'].includes(field)) ? (['agent_changed'] as const) : []),
    ...(what.includes('pause') ? (['agent_resumed'] as const) : []),
    ...(what.includes('isEnabled') ? ([isEnabled ? 'agent_enabled' : 'agent_disabled'] as const) : []),
  ];
}

function nameTaskEvent({ payload: { id, patch }, title, agentName }: ToldEvent): StateChange[] {
  const details = (patch['payload'] ?? {}) as Record<string, unknown>;
  const actor = (details['actor'] ?? {}) as TrailActor;
  const kind = taskKind(String(patch['eventType']), details, actor);
  if (kind === null) return [];
  // A runner says how it ended; who stopped it is a person.
  const by = typeof details['by'] === 'string' ? details['by'] : null;
  const author: StateAuthor =
    kind === 'task_stopped' && by !== null ? { kind: 'person', name: by } : authorOf(actor, agentName);
  const named = title ?? (typeof details['title'] === 'string' ? details['title'] : 'a task');
  return [{ author, kind, subject: named, taskId: id, count: 1 }];
}

function taskKind(eventType: string, details: Record<string, unknown>, actor: TrailActor): StateChange['kind'] | null {
  if (eventType === 'created') return actor.kind === 'user' ? 'task_added' : 'task_planned';
  if (eventType === 'status_changed') return statusKind(details, actor);
  if (eventType !== 'log') return null;
  if (details['approved'] === true) return 'task_approved';
  if (details['isHeld'] === true) return 'task_stopped';
  if (details['isHeld'] === false) return 'task_released';
  const changed: unknown[] = Array.isArray(details['changed']) ? details['changed'] : [];
  // What the document shows of a task, and does not follow from something else.
  return ['title', 'priority', 'agentId'].some((field) => changed.includes(field)) ? 'task_changed' : null;
}

function statusKind(
  { from, to, isStopped, isMerged }: Record<string, unknown>,
  actor: TrailActor,
): StateChange['kind'] | null {
  switch (to) {
    case 'blocked':
      return 'task_blocked';
    case 'needs_review':
      return 'task_reviewable';
    case 'done':
      return isMerged === true ? 'task_merged' : 'task_done';
    case 'canceled':
      return 'task_canceled';
    case 'failed':
      return isStopped === true ? null : 'task_failed';
    case 'queued':
      if (isStopped === true) return 'task_stopped';
      if (from === 'needs_review') return 'task_sent_back';
      if (from === 'blocked') return 'task_unblocked';
      return actor.kind === 'user' ? 'task_retried' : 'task_retrying';
    default:
      return null; // that a run has started is a moving fact
  }
}

function authorOf({ kind, name }: TrailActor, agentName: string | null): StateAuthor {
  if (kind === 'user') return { kind: 'person', name: name ?? 'Somebody' };
  if (kind === 'runner') return { kind: 'agent', name: agentName ?? name ?? 'An agent' };
  return ORCHESTRATOR_AUTHOR;
}
