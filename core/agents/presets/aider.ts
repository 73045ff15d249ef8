import { AGENT_PROGRAMS, agentVariableNames } from '#contract/agent-programs.ts';
import type { Preset } from './preset.ts';

/**
 * It takes its task from a file, edits, and runs no commands. The runner commits. Its history and its map of the
 * repository lie beside the code: it puts `.aider*` into .gitignore, which is a part of the first change.
 * @source https://aider.chat/docs/config/options.html
 */
export const aider: Preset = {
  version: 1,
  title: AGENT_PROGRAMS.aider.title,
  program: 'aider',
  signIn: AGENT_PROGRAMS.aider.signIn,
  config: {
    commands: [
      [
        'aider',
        '--yes-always',
        '--no-auto-commits',
        '--no-dirty-commits',
        '--no-pretty',
        '--no-fancy-input',
        '--no-check-update',
        '--no-show-release-notes',
        '--no-show-model-warnings',
        '--analytics-disable',
        '--model',
        '{model}',
        '--message-file',
        '{promptFile}',
      ],
    ],
    stdin: 'none',
    env: agentVariableNames([AGENT_PROGRAMS.aider]),
    limits: { idleTimeoutMs: 10 * 60_000 },
  },
};
