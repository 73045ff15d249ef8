import { useEffect } from 'react';
import { useClient } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';

const ProjectCardEvents_Subscription = graphql(`
  subscription ProjectCardEvents($projectId: ID!, $after: String) {
    projectEvents(projectId: $projectId, after: $after) {
      __typename
      cursor
    }
  }
`);

const ProjectCardRefresh_Query = graphql(`
  query ProjectCardRefresh($projectId: ID!) {
    project(id: $projectId) {
      id
      revision
      ...ProjectCard_Project
    }
  }
`);

/** A card is asked for again at most this often, however much happens in its project. */
const REFRESH_MS = 1_000;
/** Cards that are followed live: well within what one socket may carry. */
const MAX_FOLLOWED = 24;

/** Keeps the cards of projects in step: something happened, so the card is asked for again. */
export function useProjectsLive(projects: readonly { id: string; eventCursor: string }[] | undefined): void {
  const client = useClient();
  const followed = (projects ?? []).slice(0, MAX_FOLLOWED);
  const ids = followed
    .map((project) => project.id)
    .sort()
    .join(' ');
  useEffect(() => {
    const timers = new Map<string, ReturnType<typeof setTimeout>>();
    const refresh = (projectId: string): void => {
      timers.delete(projectId);
      void client.query(ProjectCardRefresh_Query, { projectId }, { requestPolicy: 'network-only' }).toPromise();
    };
    const stops = followed.map(({ id, eventCursor }) =>
      client
        .subscription(ProjectCardEvents_Subscription, { projectId: id, after: eventCursor })
        .subscribe(({ data }) => {
          // Notices without a cursor are log lines; they change nothing on a card.
          if (data?.projectEvents.cursor && !timers.has(id))
            timers.set(
              id,
              setTimeout(() => refresh(id), REFRESH_MS),
            );
        }),
    );
    return () => {
      for (const { unsubscribe } of stops) unsubscribe();
      for (const timer of timers.values()) clearTimeout(timer);
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- which projects are followed changes with their ids only
  }, [client, ids]);
}
