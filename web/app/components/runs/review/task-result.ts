import { graphql } from '~/graphql/gql/gql.ts';

/**
 * The attempt that ended last, with everything that the parts of a task's page show of it. They all select exactly
 * this, and the events of a run bring it along: the cache joins what is selected in several places, and a place that
 * lacks a field would be handed the half that the others have.
 */
export const TaskResult_RunFragment = graphql(`
  fragment TaskResult_Run on Run {
    id
    revision
    status
    reason
    summary
    headCommit
    artifacts {
      nodes {
        id
        kind
        name
        size
        url
        removedAt
        createdAt
      }
    }
  }
`);
