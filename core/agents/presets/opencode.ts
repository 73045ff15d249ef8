import { AGENT_PROGRAMS, agentVariableNames } from '#contract/agent-programs.ts';
import type { Preset } from './preset.ts';

/** Its models are called provider/model. @source tried with opencode 1.18 */
export const opencode: Preset = {
  version: 2,
  title: AGENT_PROGRAMS.opencode.title,
  program: 'opencode',
  signIn: AGENT_PROGRAMS.opencode.signIn,
  config: {
    commands: [['opencode', 'run', '--format', 'json', '-m', '{model}']],
    resume: ['opencode', 'run', '--format', 'json', '-m', '{model}', '--session', '{session}'],
    reader: 'opencode',
    env: agentVariableNames([AGENT_PROGRAMS.opencode]),
    envValues: { OPENCODE_DISABLE_AUTOUPDATE: '1' },
    // It tries a connection that is cut for ever, without a word.
    limits: { idleTimeoutMs: 10 * 60_000 },
  },
};
