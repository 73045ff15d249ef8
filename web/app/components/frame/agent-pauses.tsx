import { Hourglass, KeyRound } from 'lucide-react';
import { useMutation } from 'urql';
import { graphql } from '~/graphql/gql/gql.ts';
import { readFragment, type FragmentType } from '~/graphql/gql/fragment-masking.ts';
import type { AgentPauses_AgentFragment as PausedAgent } from '~/graphql/gql/graphql.ts';
import { mutationFailure } from '~/graphql/mutation-failure.ts';
import { useNow, useTimeZone } from '~/lib/clock.tsx';
import { untilText } from '~/lib/time-text.ts';
import { Button } from '../ui/button.tsx';
import { showToast } from '../ui/toast-store.ts';
import { useRefusal } from './project-rights.tsx';

export const AgentPauses_AgentFragment = graphql(`
  fragment AgentPauses_Agent on Agent {
    id
    revision
    name
    parkedUntil
    signInNeededSince
    parkedWords
  }
`);

const ResumeAgent_Mutation = graphql(`
  mutation ResumeAgent($input: ResumeAgentInput!) {
    resumeAgent(input: $input) {
      __typename
      ... on ResumeAgentPayload {
        agent {
          id
          revision
          ...AgentPauses_Agent
        }
      }
      ...MutationFailure_UserError
    }
  }
`);

/** Says which agents wait, for a person or for their limit of use, while everything else goes on. */
export function AgentPauses({ agents }: { agents: readonly FragmentType<typeof AgentPauses_AgentFragment>[] }) {
  const now = useNow();
  const paused = agents
    .map((agent) => readFragment(AgentPauses_AgentFragment, agent))
    .filter((agent) => agent.signInNeededSince !== null || isParked(agent, now));
  if (paused.length === 0) return null;
  return (
    <ul role="status" aria-label="Agents that wait" className="border-b border-line bg-blocked/12 px-4 text-dense">
      {paused.map((agent) => (
        <PausedAgentItem key={agent.id} agent={agent} now={now} />
      ))}
    </ul>
  );
}

function isParked({ parkedUntil }: PausedAgent, now: number): boolean {
  return parkedUntil !== null && Date.parse(parkedUntil) > now;
}

function PausedAgentItem({ agent, now }: { agent: PausedAgent; now: number }) {
  const timeZone = useTimeZone();
  const refusal = useRefusal('TASK_WRITE');
  const [{ fetching }, resume] = useMutation(ResumeAgent_Mutation);
  const needsSignIn = agent.signInNeededSince !== null;
  const Icon = needsSignIn ? KeyRound : Hourglass;
  const goOn = async (): Promise<void> => {
    const failure = mutationFailure(await resume({ input: { agentId: agent.id } }));
    if (failure) showToast({ kind: 'error', text: failure });
  };
  return (
    <li className="flex flex-wrap items-center gap-x-2 py-1">
      <Icon aria-hidden className="size-3.5 shrink-0 text-blocked" />
      <span className="min-w-0 flex-1 wrap-anywhere">
        <strong className="font-medium">
          {needsSignIn || agent.parkedUntil === null
            ? `The agent ${agent.name} is not signed in. `
            : `The agent ${agent.name} waits ${untilText(Date.parse(agent.parkedUntil), now, timeZone)}. `}
        </strong>
        <span className="text-muted">{agent.parkedWords}</span>
      </span>
      <Button
        size="sm"
        variant="ghost"
        disabled={fetching || refusal !== undefined}
        title={refusal}
        onClick={() => void goOn()}
      >
        {needsSignIn ? 'I have signed in: go on' : 'Go on now'}
      </Button>
    </li>
  );
}
