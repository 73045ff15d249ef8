import { AGENT_PROGRAMS, agentVariableNames } from '#contract/agent-programs.ts';
import type { Preset } from './preset.ts';

/** @source tried with Codex 0.169 */
export const codex: Preset = {
  version: 1,
  title: AGENT_PROGRAMS.codex.title,
  program: 'codex',
  signIn: AGENT_PROGRAMS.codex.signIn,
  config: {
    commands: [['codex', 'exec', '--json', '--sandbox', 'workspace-write', '-m', '{model}', '-']],
    reader: 'codex',
    env: agentVariableNames([AGENT_PROGRAMS.codex]),
    // It prints nothing while a command runs, and ends none by itself.
    limits: { idleTimeoutMs: 30 * 60_000 },
  },
};
