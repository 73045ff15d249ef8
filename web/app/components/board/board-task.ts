import { graphql } from '~/graphql/gql/gql.ts';
import type { FragmentType } from '~/graphql/gql/fragment-masking.ts';

export const Board_TaskFragment = graphql(`
  fragment Board_Task on Task {
    id
    revision
    title
    status
    priority
    updatedAt
    liveRun {
      id
      revision
    }
    ...BoardCard_Task
  }
`);

export type BoardTask = FragmentType<typeof Board_TaskFragment>;
