import { useEffect, useState } from 'react';
import { stringifyDocument } from '@urql/core';
import { streamOf } from '#contract/log-streams.ts';
import { LogStore, type LogBatch } from './console/log-store.ts';
import { graphql } from '~/graphql/gql/gql.ts';
import type { RunLogSubscription } from '~/graphql/gql/graphql.ts';
import { requestOnce } from '~/graphql/request.ts';
import { socket } from '~/graphql/socket.ts';

const RunLogPage_Query = graphql(`
  query RunLogPage($runId: ID!, $afterSeq: Int!, $limit: Int!) {
    run(id: $runId) {
      id
      revision
      logs(afterSeq: $afterSeq, limit: $limit) {
        firstSeq
        streams
        messages
        createdAt
      }
    }
  }
`);

const RunLog_Subscription = graphql(`
  subscription RunLog($runId: ID!, $afterSeq: Int!) {
    runLog(runId: $runId, afterSeq: $afterSeq) {
      firstSeq
      streams
      messages
      createdAt
    }
  }
`);

/** Lines of a live run that are fetched behind its end; earlier ones come when somebody scrolls there. */
const TAIL_LINES = 500;

/** The log of a run, kept for as long as its console is shown. One that may still grow goes on by itself. */
export function useRunLog(runId: string, { lineCount, mayGrow }: { lineCount: number; mayGrow: boolean }): LogStore {
  const [store, setStore] = useState(() => createStore(runId, lineCount));
  const [shownRunId, setShownRunId] = useState(runId);
  if (shownRunId !== runId) {
    setShownRunId(runId);
    setStore(createStore(runId, lineCount));
  }
  useEffect(() => store.growTo(lineCount), [store, lineCount]);
  // Once it may grow it is followed to its end, also past the moment when the run is said to be over: the last lines come then.
  const [isFollowed, setFollowed] = useState(mayGrow);
  if (mayGrow && !isFollowed) setFollowed(true);
  useEffect(() => (isFollowed ? followRunLog(runId, store) : undefined), [runId, store, isFollowed]);
  return store;
}

function createStore(runId: string, lineCount: number): LogStore {
  return new LogStore(
    async (fromSeq, limit) => {
      const { run } = await requestOnce(RunLogPage_Query, { runId, afterSeq: fromSeq - 1, limit });
      return run?.logs ? unpack(run.logs) : { firstSeq: fromSeq, lines: [] };
    },
    { lineCount },
  );
}

function followRunLog(runId: string, store: LogStore): () => void {
  let lastSeq = Math.max(-1, store.lineCount - 1 - TAIL_LINES);
  const payload = {
    query: stringifyDocument(RunLog_Subscription),
    // Read again whenever the socket comes back: it goes on behind the last line.
    get variables() {
      return { runId, afterSeq: lastSeq };
    },
  };
  return socket().subscribe<RunLogSubscription>(payload, {
    next({ data }) {
      if (!data) return;
      const batch = unpack(data.runLog);
      lastSeq = batch.firstSeq + batch.lines.length - 1;
      store.append(batch);
    },
    error: (error) => console.warn('The log can not be followed', error),
    complete: () => undefined,
  });
}

function unpack(batch: { firstSeq: number; streams: string; messages: string[]; createdAt: string }): LogBatch {
  return {
    firstSeq: batch.firstSeq,
    lines: batch.messages.map((message, i) => ({
      stream: streamOf(batch.streams.charAt(i)),
      message,
      createdAt: batch.createdAt,
    })),
  };
}
