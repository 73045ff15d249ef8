import { mapExchange, type Client, type Exchange } from '@urql/core';
import { useEffect, type RefObject } from 'react';
import { graphql } from './gql/gql.ts';
import type { ProjectEventsSubscription } from './gql/graphql.ts';

/**
 * Why things wait is worked out by the server when it is read, and changes without a new revision of the thing: when
 * somebody pauses the project, a runner goes, another run ends. Whatever can be such a cause comes as one event, and what
 * is on the screen and waits is asked for again.
 */
const WaitingReasons_Query = graphql(`
  query WaitingReasons($projectId: ID!, $taskIds: [ID!]!, $runIds: [ID!]!) {
    tasks(projectId: $projectId, filter: { ids: $taskIds }, first: 100) {
      nodes {
        id
        revision
        waitingReason
      }
    }
    runs(projectId: $projectId, filter: { ids: $runIds }, first: 100) {
      nodes {
        id
        revision
        waitingReason
      }
    }
  }
`);

type EventName = ProjectEventsSubscription['projectEvents']['__typename'];
const CAUSES: readonly EventName[] = [
  'ProjectUpdatedEvent',
  'AgentUpdatedEvent',
  'TaskUpdatedEvent',
  'TaskDeletedEvent',
  'AgentRunCreatedEvent',
  'AgentRunStartedEvent',
  'AgentRunUpdatedEvent',
  'AgentRunCompletedEvent',
  'RunnerStatusChangedEvent',
  'RunnerLoadChangedEvent',
  'ResyncEvent',
];

/** Causes come together; the first answer is a moment behind them, and the next ones keep this distance. */
const SETTLE_MS = 150;
const PAUSE_MS = 1_000;
const PAUSE_AFTER_ERROR_MS = 5_000;
/** A page of a list, and more than a screen shows. */
const MAX_ASKED = 100;

interface Waiting {
  type: 'task' | 'run';
  id: string;
}
interface Watched extends Waiting {
  isOnScreen: boolean;
  /** When its reason was last asked for here. Times are `performance.now()`. */
  askedAt: number;
}

const watched = new Map<Element | Waiting, Watched>();
let lastCauseAt = -Infinity;
let earliestAt = 0;
let isAsking = false;
let timer: ReturnType<typeof setTimeout> | null = null;
let followed: { client: Client; projectId: string } | null = null;
let observer: IntersectionObserver | null = null;

/** Keeps the reasons on the page true while a project is followed. @returns ends it */
export function keepReasonsTrue(client: Client, projectId: string): () => void {
  const own = { client, projectId };
  followed = own;
  document.addEventListener('visibilitychange', schedule);
  return () => {
    document.removeEventListener('visibilitychange', schedule);
    if (followed === own) followed = null;
  };
}

/** Something has happened in the project: reasons may be others now. */
export function noteEvent(name: EventName): void {
  if (CAUSES.includes(name)) noteCause();
}

/** A cause may have been missed, or an answer is older than the last one. */
export function noteCause(): void {
  lastCauseAt = performance.now();
  schedule();
}

/**
 * Says that a component shows why something waits.
 * @param ref the element it is shown in; without one it is taken to be on the screen
 */
export function useWaitingReason(
  { type, id }: Waiting,
  isWaiting: boolean,
  ref: RefObject<Element> | null = null,
): void {
  useEffect(() => (isWaiting ? watch({ type, id }, ref?.current ?? null) : undefined), [type, id, isWaiting, ref]);
}

/** An answer that was asked for before a cause and comes after it may tell of the time before. */
export function lateReasonsExchange(): Exchange {
  const sentAt = new Map<number, number>();
  return mapExchange({
    onOperation({ kind, key }) {
      if (kind === 'teardown') sentAt.delete(key);
      else if (kind !== 'subscription') sentAt.set(key, performance.now());
    },
    onResult({ operation: { key } }) {
      const at = sentAt.get(key) ?? Infinity;
      sentAt.delete(key);
      if (at < lastCauseAt) noteCause();
    },
  });
}

function watch(waiting: Waiting, element: Element | null): () => void {
  const key = element ?? waiting;
  watched.set(key, { ...waiting, isOnScreen: element === null, askedAt: -Infinity });
  if (element) seen().observe(element);
  else schedule();
  return () => {
    watched.delete(key);
    if (element) seen().unobserve(element);
  };
}

function seen(): IntersectionObserver {
  observer ??= new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const one = watched.get(target);
      if (one) one.isOnScreen = isIntersecting;
    }
    schedule();
  });
  return observer;
}

const outdated = (): Watched[] =>
  [...watched.values()].filter(({ isOnScreen, askedAt }) => isOnScreen && askedAt < lastCauseAt).slice(0, MAX_ASKED);

function schedule(): void {
  if (timer !== null || isAsking || !followed || document.visibilityState !== 'visible' || outdated().length === 0)
    return;
  timer = setTimeout(() => void ask(), Math.max(SETTLE_MS, earliestAt - performance.now()));
}

async function ask(): Promise<void> {
  timer = null;
  const asked = outdated();
  if (!followed || asked.length === 0) return;
  const { client, projectId } = followed;
  const sentAt = performance.now();
  const idsOf = (type: Waiting['type']): string[] => [
    ...new Set(asked.flatMap((one) => (one.type === type ? [one.id] : []))),
  ];
  isAsking = true;
  const { error } = await client
    .query(
      WaitingReasons_Query,
      { projectId, taskIds: idsOf('task'), runIds: idsOf('run') },
      { requestPolicy: 'network-only' },
    )
    .toPromise();
  isAsking = false;
  earliestAt = sentAt + (error ? PAUSE_AFTER_ERROR_MS : PAUSE_MS);
  if (!error) for (const one of asked) one.askedAt = sentAt;
  schedule();
}
