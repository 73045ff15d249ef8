import { graphql } from '~/graphql/gql/gql.ts';

export const SpendFigures_SpendFragment = graphql(`
  fragment SpendFigures_Spend on Spend {
    runs
    wallSeconds
    inputTokens
    outputTokens
    costUsd
    unknownCostRuns
  }
`);
