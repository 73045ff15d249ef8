import { AgentConfig } from '#contract/agent-config.ts';

/** Commands of well-known coding agents. Each reads the task on stdin and works in the current directory. */
export const AGENT_PRESETS = {
  /** The built-in demo agent: no account, no key, no cost. */
  demo: [['demo-agent']],
  claude_code: [['claude', '--print', '--permission-mode', 'acceptEdits']],
  codex: [['codex', 'exec', '--sandbox', 'workspace-write', '-']],
} as const satisfies Record<string, readonly (readonly string[])[]>;
export type AgentPreset = keyof typeof AGENT_PRESETS;
export const AGENT_PRESET_NAMES = Object.keys(AGENT_PRESETS) as [AgentPreset, ...AgentPreset[]];

/** The configuration a preset starts with; two tries, since most failures of an agent are passing ones. */
export function presetConfig(preset: AgentPreset): AgentConfig {
  return AgentConfig.parse({ commands: AGENT_PRESETS[preset], retry: { maxAttempts: 2 } });
}
