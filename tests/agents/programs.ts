import type { AgentProgramName } from '#contract/agent-programs.ts';
import type { AgentPreset } from '#core/agents/presets.ts';

/** A real program: what is installed of it, and what a person would set up to have it ask a model at another address. */
export interface RealProgram {
  preset: AgentPreset;
  package: string;
  version: string;
  /** Its package brings its program by a script: without it there is none. */
  needsScripts: boolean;
  /** As its provider calls it. */
  model: string;
  /** What the environment of `npm start` says: keys, and where the model is. */
  environment(url: string): Record<string, string>;
  /** Its own settings below the home, by path. */
  settings(url: string): Record<string, string>;
}

/** Masked in logs like any key; no provider would take it. */
const KEY = 'a-key-for-the-scripted-model';
const MODEL = 'scripted-model';

/** Versions are exact, and only here: whoever tries a newer one changes its line. */
export const REAL_PROGRAMS = {
  codex: {
    preset: 'codex',
    package: '@openai/codex',
    version: '0.169.0',
    needsScripts: false,
    model: MODEL,
    environment: () => ({ CODEX_API_KEY: KEY }),
    settings: (url) => ({ '.codex/config.toml': `openai_base_url = "${url}/v1"\n` }),
  },
  claude: {
    preset: 'claude_code',
    package: '@anthropic-ai/claude-code',
    version: '2.1.332',
    needsScripts: true,
    model: MODEL,
    // Of a limit that a subscription has reached it says when it is over; with a key it does not look.
    environment: (url) => ({ CLAUDE_CODE_OAUTH_TOKEN: KEY, ANTHROPIC_BASE_URL: url }),
    settings: () => ({}),
  },
  gemini: {
    preset: 'gemini',
    package: '@google/gemini-cli',
    version: '0.61.0',
    needsScripts: false,
    model: MODEL,
    environment: (url) => ({ GEMINI_API_KEY: KEY, GOOGLE_GEMINI_BASE_URL: url }),
    settings: () => ({
      '.gemini/settings.json': JSON.stringify({ security: { auth: { selectedType: 'gemini-api-key' } } }),
    }),
  },
  opencode: {
    preset: 'opencode',
    package: 'opencode-ai',
    version: '1.18.33',
    needsScripts: true,
    model: `scripted/${MODEL}`,
    environment: () => ({ OPENAI_API_KEY: KEY }),
    settings: (url) => ({
      '.config/opencode/opencode.json': JSON.stringify({
        provider: {
          scripted: {
            npm: '@ai-sdk/openai-compatible',
            name: 'Scripted',
            options: { baseURL: `${url}/v1`, apiKey: '{env:OPENAI_API_KEY}' },
            models: { [MODEL]: { name: 'Scripted', tool_call: true, limit: { context: 200_000, output: 8_000 } } },
          },
        },
      }),
    }),
  },
} as const satisfies Partial<Record<AgentProgramName, RealProgram>>;
export type RealProgramName = keyof typeof REAL_PROGRAMS;
export const REAL_PROGRAM_NAMES = Object.keys(REAL_PROGRAMS) as RealProgramName[];
