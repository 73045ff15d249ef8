import type { Preset } from './preset.ts';

/** A program of one's own, to be named by whoever makes the agent. */
export const script: Preset = {
  version: 1,
  title: 'Your own command',
  program: null,
  signIn:
    'Write your command into the configuration: it reads its task on standard input and works in the current folder.',
  config: { commands: [['node', 'agent.mjs']] },
};
