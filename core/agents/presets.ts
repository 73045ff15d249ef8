import { AgentConfig } from '#contract/agent-config.ts';
import { aider } from './presets/aider.ts';
import { claudeCode } from './presets/claude-code.ts';
import { codex } from './presets/codex.ts';
import { demo } from './presets/demo.ts';
import { gemini } from './presets/gemini.ts';
import { opencode } from './presets/opencode.ts';
import type { Preset } from './presets/preset.ts';
import { script } from './presets/script.ts';

/** By the names under which the API knows them. */
export const AGENT_PRESETS = {
  demo,
  claude_code: claudeCode,
  codex,
  gemini,
  opencode,
  aider,
  script,
} as const satisfies Record<string, Preset>;
export type AgentPreset = keyof typeof AGENT_PRESETS;
export const AGENT_PRESET_NAMES = Object.keys(AGENT_PRESETS) as [AgentPreset, ...AgentPreset[]];

/** The configuration a preset starts with; two tries, since most failures of an agent are passing ones. */
export function presetConfig(preset: AgentPreset): AgentConfig {
  return AgentConfig.parse({ retry: { maxAttempts: 2 }, ...AGENT_PRESETS[preset].config });
}
