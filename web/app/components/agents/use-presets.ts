import { graphql } from '~/graphql/gql/gql.ts';
import type { AgentPresetsQuery } from '~/graphql/gql/graphql.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';

const AgentPresets_Query = graphql(`
  query AgentPresets {
    agentPresets {
      preset
      title
      version
      signIn
      config
    }
  }
`);

export type Preset = NonNullable<AgentPresetsQuery['agentPresets']>[number];

/** The well-known agents; none yet while they are asked for. */
export function usePresets(): readonly Preset[] {
  return useLiveQuery(AgentPresets_Query, {}).data?.agentPresets ?? [];
}
