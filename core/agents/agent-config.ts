import { z } from 'zod';
import { AgentConfig } from '#contract/agent-config.ts';
import { parseContract } from '#contract/parse.ts';
import type { PermissionDecision } from '#contract/run-input.ts';

/** The stored configuration of an agent, checked again by the contract when it is read. */
export function parseAgentConfig(agent: { name: string; configJson: unknown }): AgentConfig {
  return parseContract(`Configuration of the agent ${agent.name}`, AgentConfig, agent.configJson);
}

/** Whose stream the agent prints, also when the rest of its configuration no longer fits the contract. */
export function readerOf(configJson: unknown): AgentConfig['reader'] {
  const parsed = AgentConfig.pick({ reader: true }).loose().safeParse(configJson);
  return parsed.success ? parsed.data.reader : 'plain';
}

/** An agent of this kind asks while it works, and hears what is said to it. */
export function takesInput({ stdin }: { stdin: string }): boolean {
  return stdin === 'acp';
}

const Unanswered = z.object({ permissions: z.object({ whenUnanswered: z.enum(['deny', 'allow']) }) });

/** What the agent is told when nobody answers its question in time, also when the rest of its configuration no longer fits the contract. */
export function decisionWhenUnanswered(configJson: unknown): PermissionDecision {
  const parsed = Unanswered.safeParse(configJson);
  return parsed.success && parsed.data.permissions.whenUnanswered === 'allow' ? 'allow_once' : 'deny';
}
