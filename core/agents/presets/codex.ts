import { AGENT_PROGRAMS, agentVariableNames } from '#contract/agent-programs.ts';
import type { Preset } from './preset.ts';

/** @source tried with Codex 0.169 */
export const codex: Preset = {
  version: 1,
  title: AGENT_PROGRAMS.codex.title,
  program: 'codex',
  signIn:
    'Run `codex login` as the user of the runner, or set CODEX_API_KEY where the runner is started (it takes no OPENAI_API_KEY by itself).',
  config: {
    commands: [['codex', 'exec', '--json', '--sandbox', 'workspace-write', '-m', '{model}', '-']],
    reader: 'codex',
    env: agentVariableNames([AGENT_PROGRAMS.codex]),
    // It prints nothing while a command runs, and ends none by itself.
    limits: { idleTimeoutMs: 30 * 60_000 },
  },
};
