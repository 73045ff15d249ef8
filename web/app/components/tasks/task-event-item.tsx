import { CircleAlert, FileDiff, MessageSquare, Plus, ScrollText, Square } from 'lucide-react';
import type { ReactNode } from 'react';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { visibleText } from '~/lib/visible-text.ts';
import { TASK_STATUS_WORDS, TASK_STATUSES, type TaskStatus } from '~/lib/task-status.ts';
import { RelativeTime } from '../ui/time.tsx';
import { TaskStatusIcon } from './task-status.tsx';

export const TaskEventItem_TaskEventFragment = graphql(`
  fragment TaskEventItem_TaskEvent on TaskEvent {
    id
    eventType
    payload
    createdAt
  }
`);

type MaskedEvent = FragmentType<typeof TaskEventItem_TaskEventFragment>;

/** One entry of the audit trail, on a line that runs down its side. What the entry before it has said already is not said again. */
export function TaskEventItem({
  event: masked,
  before,
  isLast,
}: {
  event: MaskedEvent;
  before: MaskedEvent | undefined;
  isLast: boolean;
}) {
  const event = readFragment(TaskEventItem_TaskEventFragment, masked);
  const payload = (event.payload ?? {}) as Record<string, unknown>;
  const to = statusOf(payload['to']);
  const own = bodyOf(masked);
  const body = event.eventType === 'STATUS_CHANGED' && before && own === bodyOf(before) ? null : own;
  // The step over failed is how the life cycle puts a stopped task back; it is no failure.
  const isStop =
    payload['isStopping'] === true || payload['isHeld'] === true || (payload['isStopped'] === true && to === 'FAILED');
  const isComment = event.eventType === 'COMMENT';
  return (
    <li className="relative flex gap-3 pb-3 text-dense last:pb-0">
      {isLast ? null : <span aria-hidden className="absolute -bottom-1 left-[8.5px] top-6 w-px bg-line" />}
      <span className="mt-0.5 grid size-[18px] shrink-0 place-items-center">
        {isStop ? (
          <Square aria-hidden className="size-3 text-faint" />
        ) : to ? (
          <TaskStatusIcon status={to} />
        ) : (
          ICONS[event.eventType]
        )}
      </span>
      <div className="min-w-0 flex-1">
        <p className="text-muted">
          <span className="text-fg">{isUnanswered(payload) ? 'Nobody' : actorText(payload['actor'])}</span>{' '}
          {sentence(event.eventType, payload)}{' '}
          <RelativeTime value={event.createdAt} className="whitespace-nowrap text-faint" />
        </p>
        {body ? (
          <p
            className={`title-wrap mt-1 whitespace-pre-wrap ${isComment ? 'rounded-box bg-raised px-3 py-2 text-base' : 'text-muted'}`}
          >
            {body}
          </p>
        ) : null}
      </div>
    </li>
  );
}

function bodyOf(masked: MaskedEvent): string | null {
  const payload = (readFragment(TaskEventItem_TaskEventFragment, masked).payload ?? {}) as Record<string, unknown>;
  const { title, target } = permissionIn(payload) ?? {};
  return (
    textOf(payload['text']) ??
    textOf(payload['why']) ??
    textOf(payload['message']) ??
    (title === undefined ? null : visibleText(target && !title.includes(target) ? `${title}: ${target}` : title))
  );
}

interface AnsweredPermission {
  title: string;
  target: string | null;
  status: string;
  whenUnanswered?: string;
}
function permissionIn(payload: Record<string, unknown>): AnsweredPermission | null {
  return (payload['permission'] as AnsweredPermission | undefined) ?? null;
}
const isUnanswered = (payload: Record<string, unknown>): boolean => permissionIn(payload)?.status === 'expired';

function answerSentence({ status, whenUnanswered }: AnsweredPermission): string {
  if (status === 'expired')
    return `answered in time, so the agent was ${whenUnanswered === 'deny' ? 'denied' : 'allowed'}`;
  return status === 'denied' ? 'denied the agent' : 'allowed the agent once';
}

const ICONS: Record<string, ReactNode> = {
  CREATED: <Plus aria-hidden className="size-3.5 text-faint" />,
  COMMENT: <MessageSquare aria-hidden className="size-3.5 text-faint" />,
  ARTIFACT: <FileDiff aria-hidden className="size-3.5 text-faint" />,
  ERROR: <CircleAlert aria-hidden className="size-3.5 text-failed" />,
  LOG: <ScrollText aria-hidden className="size-3.5 text-faint" />,
};

function sentence(eventType: string, payload: Record<string, unknown>): string {
  const to = statusOf(payload['to']);
  const from = statusOf(payload['from']);
  if (payload['isStopped'] === true) return to === 'FAILED' ? 'ended the run' : 'put it back';
  if (to && from)
    return `moved it from ${TASK_STATUS_WORDS[from].toLowerCase()} to ${TASK_STATUS_WORDS[to].toLowerCase()}`;
  if (to) return `set it to ${TASK_STATUS_WORDS[to].toLowerCase()}`;
  const permission = permissionIn(payload);
  if (permission) return answerSentence(permission);
  if (payload['isToAgent'] === true) return 'said to the agent';
  if (payload['isStopping'] === true) return 'asked to stop it';
  if (typeof payload['isHeld'] === 'boolean') return payload['isHeld'] ? 'stopped it' : 'started it again';
  if (payload['approved'] === true) return 'approved it';
  if (payload['followedUpBy']) return 'made a follow-up of it';
  if (Array.isArray(payload['changed']))
    return `changed ${payload['changed']
      .filter((name) => typeof name === 'string')
      .map(fieldWords)
      .join(', ')}`;
  return (
    {
      CREATED: 'created it',
      COMMENT: 'commented',
      ARTIFACT: `added ${textOf(payload['kind'])?.replace('_', ' ') ?? 'a file'}`,
      ERROR: 'reported a problem',
      LOG: 'noted',
    }[eventType] ?? 'changed it'
  );
}

/** "acceptanceCriteria" → "acceptance criteria" */
const fieldWords = (name: string): string =>
  name.replace(/Id$/, '').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** The payload says who by kind, and by name where there is one. */
function actorText(actor: unknown): string {
  if (typeof actor === 'string') return actor.charAt(0).toUpperCase() + actor.slice(1);
  const { kind, name, email } = (actor ?? {}) as Record<string, unknown>;
  if (typeof email === 'string') return email;
  if (typeof name === 'string') return name;
  return (
    { user: 'Somebody', runner: 'The runner', system: 'The orchestrator', token: 'A script' }[String(kind)] ??
    'The system'
  );
}

function statusOf(value: unknown): TaskStatus | null {
  return TASK_STATUSES.find((status) => typeof value === 'string' && status === value.toUpperCase()) ?? null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}
