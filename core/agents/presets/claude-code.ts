import { AGENT_PROGRAMS, agentVariableNames } from '#contract/agent-programs.ts';
import type { Preset } from './preset.ts';

/**
 * The whole shell, not a list of commands: the tests and the build that a task asks for run code that the agent itself
 * has written, so that a list of names would hold nothing back, and lack those of the next project. What holds is our
 * sandbox. Files outside of the task's folder it refuses by itself (`acceptEdits`).
 * @source tried with Claude Code 2.1
 */
const COMMAND = [
  'claude',
  '-p',
  '--output-format',
  'stream-json',
  '--verbose',
  '--permission-mode',
  'acceptEdits',
  '--allowedTools',
  'Bash,WebFetch,WebSearch',
  '--model',
  '{model}',
];

export const claudeCode: Preset = {
  version: 2,
  title: AGENT_PROGRAMS.claude.title,
  program: 'claude',
  signIn: AGENT_PROGRAMS.claude.signIn,
  config: {
    commands: [COMMAND],
    resume: [...COMMAND, '--resume', '{session}'],
    reader: 'claude',
    env: agentVariableNames([AGENT_PROGRAMS.claude]),
    envValues: { DISABLE_AUTOUPDATER: '1', CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1' },
    // It prints nothing while a command runs, which it ends after ten minutes, nor while it tries a connection again.
    limits: { idleTimeoutMs: 20 * 60_000 },
  },
};
