import { AgentConfig } from '#contract/agent-config.ts';
import { parseContract } from '#contract/parse.ts';

/** The stored configuration of an agent, checked again by the contract when it is read. */
export function parseAgentConfig(agent: { name: string; configJson: unknown }): AgentConfig {
  return parseContract(`Configuration of the agent ${agent.name}`, AgentConfig, agent.configJson);
}
