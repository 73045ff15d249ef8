import type { Preset } from './preset.ts';

/** The built-in demo agent. */
export const demo: Preset = {
  version: 1,
  title: 'Built-in demo agent: no account, no cost',
  program: null,
  signIn: 'It needs no account.',
  config: { commands: [['demo-agent']] },
};
