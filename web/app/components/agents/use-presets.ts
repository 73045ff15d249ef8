import { graphql } from '~/graphql/gql/gql.ts';
import type { AgentPresetsQuery } from '~/graphql/gql/graphql.ts';
import { useLiveQuery } from '~/graphql/use-live-query.ts';

const AgentPresets_Query = graphql(`
  query AgentPresets($projectId: ID) {
    agentPresets(projectId: $projectId) {
      preset
      title
      version
      signIn
      config
      isInstalled
    }
  }
`);

export type Preset = NonNullable<AgentPresetsQuery['agentPresets']>[number];

/**
 * The well-known agents; none yet while they are asked for. No event tells what is installed: each form asks again.
 * @param projectId whose runners are to have them; null: any
 */
export function usePresets(projectId: string | null): readonly Preset[] {
  const { data } = useLiveQuery(AgentPresets_Query, { projectId }, { requestPolicy: 'cache-and-network' });
  return data?.agentPresets ?? [];
}

/** What it is called where it is chosen. */
export function presetLabel({ title, isInstalled }: Preset): string {
  return isInstalled === false ? `${title} (not installed)` : title;
}
