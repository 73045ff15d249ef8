import type { Client } from '@urql/core';
import { ProjectEvents_Subscription } from './project-events.ts';
import { setDoing, setLastLine } from './run-notices.ts';
import { keepReasonsTrue, noteEvent } from './waiting-reasons.ts';

/**
 * A page's queries and the cursor it starts from are read side by side; a change between the two would be missed. Starting a little earlier repeats
 * events, which is harmless: each brings its entity as it stands now.
 */
const OVERLAP_EVENTS = 25n;

/** Where each project was left, so that coming back to it catches up instead of showing what was. */
const lastCursors = new Map<string, string>();

/**
 * Keeps the cache in step with a project until it is told to stop.
 * @param cursor the project's newest event when the page was made
 * @param onResync the server can not replay what was missed: everything shown must be fetched again
 * @param onDeleted the project is gone
 * @param onAsked an agent asks whether it may do something
 */
export function followProject(
  client: Client,
  {
    projectId,
    cursor,
    onResync,
    onDeleted,
    onAsked,
  }: {
    projectId: string;
    cursor: string;
    onResync(): void;
    onDeleted(): void;
    onAsked(title: string): void;
  },
): () => void {
  const after = lastCursors.get(projectId) ?? earlier(cursor);
  lastCursors.set(projectId, after);
  const { unsubscribe } = client
    .subscription(ProjectEvents_Subscription, { projectId, after })
    .subscribe(({ data }) => {
      const event = data?.projectEvents;
      if (!event) return;
      if (event.cursor) lastCursors.set(projectId, event.cursor);
      if (event.__typename === 'ResyncEvent') onResync();
      if (event.__typename === 'ProjectDeletedEvent') onDeleted();
      // What is repeated stands on the page already.
      const isNews = event.cursor !== null && BigInt(event.cursor) > BigInt(cursor);
      if (event.__typename === 'AgentRunPermissionAskedEvent' && isNews)
        onAsked((event.patch as { title: string }).title);
      noteEvent(event.__typename);
      if (event.__typename === 'AgentRunLogAppendedEvent') setLastLine(event.entityId, event.lastMessage);
      if (event.__typename === 'AgentRunActivityAppendedEvent') setDoing(event.entityId, event.doing);
    });
  const stopReasons = keepReasonsTrue(client, projectId);
  return () => {
    unsubscribe();
    stopReasons();
  };
}

function earlier(cursor: string): string {
  const after = BigInt(cursor) - OVERLAP_EVENTS;
  return String(after > 0n ? after : 0n);
}
