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
  const { version, config } = AGENT_PRESETS[preset];
  return AgentConfig.parse({ preset: { name: preset, version }, retry: { maxAttempts: 2 }, ...config });
}

/**
 * Whether the preset that a stored configuration was taken from has changed since, in words.
 * @returns null: it has not, or there is none of that name
 */
export function presetNews(configJson: unknown): string | null {
  const { data } = AgentConfig.shape.preset.safeParse((configJson as { preset?: unknown } | null)?.preset);
  const now = AGENT_PRESET_NAMES.find((name) => name === data?.name);
  if (!data || !now || AGENT_PRESETS[now].version <= data.version) return null;
  return `The preset ${AGENT_PRESETS[now].title} has changed since this agent took it over. Choose it again in the configuration.`;
}
