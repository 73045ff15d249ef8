import { streamOf } from '#contract/log-streams.ts';
import type { ViewerRecord } from '../workload/viewer.ts';
import type { EventFact, Facts, LineFact, Violation } from './facts.ts';

/** Rule 2: each viewer's sequence is the database's: no hole, nothing twice, nothing out of order, across any number of reconnects. */
export function checkViewers({ viewers, events, lines }: Facts): Violation[] {
  return viewers
    .flatMap((viewer) => [
      ...checkEvents(viewer, events),
      ...[...lines].flatMap(([runId, stored]) => checkLog(viewer, runId, stored)),
    ])
    .map((what) => ({ rule: 'viewers', what }));
}

function checkEvents({ name, events: seen }: ViewerRecord, stored: readonly EventFact[]): string[] {
  for (const [index, { cursor, type, entityId }] of seen.entries()) {
    const wanted = stored[index];
    if (wanted?.cursor !== cursor || wanted.type !== type || wanted.entityId !== entityId)
      return [`${name}: event ${index} should be ${wanted?.cursor} ${wanted?.type}, was shown ${cursor} ${type}`];
  }
  return seen.length < stored.length
    ? [`${name}: the last ${stored.length - seen.length} of ${stored.length} events were never shown`]
    : [];
}

function checkLog({ name, logs }: ViewerRecord, runId: string, stored: readonly LineFact[]): string[] {
  const log = logs.get(runId);
  // That the run was never shown is said of the events.
  if (!log) return [];
  const seen = log.batches.flatMap(({ firstSeq, streams, messages }) =>
    messages.map((message, i) => ({ seq: firstSeq + i, stream: streamOf(streams[i] ?? ''), message })),
  );
  for (const [index, line] of seen.entries()) {
    const wanted = stored[index];
    if (wanted?.seq !== line.seq || wanted.message !== line.message || wanted.stream !== line.stream)
      return [
        `${name}: of run ${runId}, line ${index} should be ${wanted?.seq}, was shown ${line.seq} ${JSON.stringify(line.message.slice(0, 60))}`,
      ];
  }
  const missing = stored.length - seen.length;
  return missing > 0
    ? [
        `${name}: of run ${runId}, the last ${missing} of ${stored.length} lines were never shown${log.isComplete ? ', and it was told that this is all' : ''}`,
      ]
    : [];
}

/** What the viewers have not been shown yet; the harness waits for it before it judges. */
export function countUnseen({ viewers, events, lines }: Pick<Facts, 'viewers' | 'events' | 'lines'>): number {
  return viewers.reduce((sum, viewer) => {
    const logs = [...viewer.logs].reduce(
      (more, [runId, { batches, isComplete }]) =>
        more +
        (isComplete
          ? 0
          : Math.max(
              0,
              (lines.get(runId)?.length ?? 0) - batches.reduce((count, { messages }) => count + messages.length, 0),
            )),
      0,
    );
    return sum + Math.max(0, events.length - viewer.events.length) + logs;
  }, 0);
}
