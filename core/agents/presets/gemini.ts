import { AGENT_PROGRAMS, agentVariableNames } from '#contract/agent-programs.ts';
import type { Preset } from './preset.ts';

/**
 * `yolo`, since with `auto_edit` it has no shell, and could run no tests; our sandbox is the fence. It does not start in a
 * folder that nobody has told it to trust, and each task has a new one.
 * @source tried with Gemini CLI 0.61
 */
const COMMAND = [
  'gemini',
  '--output-format',
  'stream-json',
  '--approval-mode',
  'yolo',
  '--skip-trust',
  '-m',
  '{model}',
];

/** Its sessions are those of a folder: a task's keeps its place. */
export const gemini: Preset = {
  version: 2,
  title: AGENT_PROGRAMS.gemini.title,
  program: 'gemini',
  signIn: AGENT_PROGRAMS.gemini.signIn,
  config: {
    commands: [COMMAND],
    resume: [...COMMAND, '--resume', '{session}'],
    reader: 'gemini',
    env: agentVariableNames([AGENT_PROGRAMS.gemini]),
    // Two minutes without a word are usual while it is told to wait, and it prints nothing while a command runs.
    limits: { idleTimeoutMs: 20 * 60_000 },
  },
};
