import { stringifyDocument } from '@urql/core';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { graphql } from '~/graphql/gql/gql.ts';
import type { RunActivitySubscription } from '~/graphql/gql/graphql.ts';
import { socket } from '~/graphql/socket.ts';
import { foldActivity, NO_ACTIVITY, type Entry, type FoldedActivity } from './fold-activity.ts';

const RunActivity_Subscription = graphql(`
  subscription RunActivity($runId: ID!, $afterSeq: Int!) {
    runActivity(runId: $runId, afterSeq: $afterSeq) {
      firstSeq
      entries {
        seq
        item
        kind
        text
        name
        toolKind
        status
        target
        output
        exitCode
        changes {
          path
          change
        }
        steps {
          text
          status
        }
        inputTokens
        cachedInputTokens
        outputTokens
        costUsd
        createdAt
      }
    }
  }
`);

/** What the agent of a run does, for as long as it is shown: from its start, and as it goes on. */
export function useRunActivity(runId: string): FoldedActivity {
  const [store] = useState(() => new ActivityStore());
  useEffect(() => followActivity(runId, store), [runId, store]);
  return useSyncExternalStore(store.subscribe, store.getFolded, () => NO_ACTIVITY);
}

/** Takes what comes, and tells of it once a frame. */
class ActivityStore {
  #folded = NO_ACTIVITY;
  #coming: Entry[] = [];
  readonly #listeners = new Set<() => void>();

  append(entries: readonly Entry[]): void {
    if (this.#coming.length === 0) requestAnimationFrame(() => this.#takeIn());
    this.#coming.push(...entries);
  }

  readonly getFolded = (): FoldedActivity => this.#folded;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #takeIn(): void {
    this.#folded = foldActivity(this.#folded, this.#coming);
    this.#coming = [];
    for (const listener of this.#listeners) listener();
  }
}

/** An agent's entries are few beside its lines, and a later one may be about an early thing: all of them are taken. */
function followActivity(runId: string, store: ActivityStore): () => void {
  let lastSeq = -1;
  const payload = {
    query: stringifyDocument(RunActivity_Subscription),
    // Read again whenever the socket comes back: it goes on behind the last entry.
    get variables() {
      return { runId, afterSeq: lastSeq };
    },
  };
  return socket().subscribe<RunActivitySubscription>(payload, {
    next({ data }) {
      if (!data) return;
      const fresh = data.runActivity.entries.filter(({ seq }) => seq > lastSeq);
      lastSeq = fresh.at(-1)?.seq ?? lastSeq;
      if (fresh.length > 0) store.append(fresh);
    },
    error: (error) => console.warn('The activity can not be followed', error),
    complete: () => undefined,
  });
}
