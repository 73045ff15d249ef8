import { AgentConfig } from '#contract/agent-config.ts';
import { parseContract } from '#contract/parse.ts';

/** The stored configuration of an agent, checked again by the contract when it is read. */
export function parseAgentConfig(agent: { name: string; configJson: unknown }): AgentConfig {
  return parseContract(`Configuration of the agent ${agent.name}`, AgentConfig, agent.configJson);
}

/** Whose stream the agent prints, also when the rest of its configuration no longer fits the contract. */
export function readerOf(configJson: unknown): AgentConfig['reader'] {
  const parsed = AgentConfig.pick({ reader: true }).loose().safeParse(configJson);
  return parsed.success ? parsed.data.reader : 'plain';
}
