import { useState } from 'react';
import type { FragmentType } from '~/graphql/gql/fragment-masking.ts';
import { CreateAgentDialog } from '../agents/create-agent-dialog.tsx';
import { RefusalNotice, useRefusal } from '../frame/project-rights.tsx';
import { Button } from '../ui/button.tsx';
import { AgentItem, type AgentItem_AgentFragment } from './agent-item.tsx';
import { SettingsList, SettingsSection } from './settings-section.tsx';

interface AgentsProps {
  projectId: string;
  agents: ({ id: string } & FragmentType<typeof AgentItem_AgentFragment>)[];
}

/** Who works in the project, and what each of them runs. */
export function Agents({ projectId, agents }: AgentsProps) {
  const [isCreating, setCreating] = useState(false);
  const refusal = useRefusal('AGENT_WRITE');
  return (
    <SettingsSection
      title="Agents"
      text="Commands that are run for a task, on a machine that has the repository. Tasks are given to them by name."
      actions={
        <Button refusal={refusal} onClick={() => setCreating(true)}>
          New agent
        </Button>
      }
    >
      <RefusalNotice permission="AGENT_WRITE" />
      <SettingsList label="Agents">
        {agents.map((agent) => (
          <AgentItem key={agent.id} projectId={projectId} agent={agent} />
        ))}
      </SettingsList>
      <CreateAgentDialog projectId={projectId} isOpen={isCreating} onOpenChange={setCreating} />
    </SettingsSection>
  );
}
