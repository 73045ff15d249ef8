import { AGENT_PROGRAMS, agentVariableNames } from '#contract/agent-programs.ts';
import type { Preset } from './preset.ts';

/** @source tried with Codex 0.169 */
export const codex: Preset = {
  version: 2,
  title: AGENT_PROGRAMS.codex.title,
  program: 'codex',
  signIn: AGENT_PROGRAMS.codex.signIn,
  config: {
    commands: [['codex', 'exec', '--json', '--sandbox', 'workspace-write', '-m', '{model}', '-']],
    resume: ['codex', 'exec', '--json', '--sandbox', 'workspace-write', '-m', '{model}', 'resume', '{session}', '-'],
    reader: 'codex',
    env: agentVariableNames([AGENT_PROGRAMS.codex]),
    // It prints nothing while a command runs, and ends none by itself.
    limits: { idleTimeoutMs: 30 * 60_000 },
  },
};
