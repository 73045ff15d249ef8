import type { z } from 'zod';
import type { AgentConfig } from '#contract/agent-config.ts';
import type { AgentProgramName } from '#contract/agent-programs.ts';

/** A well-known agent, ready to be run: what a new agent's configuration starts with. */
export interface Preset {
  /** Grows with every change of `config`. */
  version: number;
  /** As people know it. */
  title: string;
  /** Whose log-in and version runners look for; null: it needs neither. */
  program: AgentProgramName | null;
  /** How its program is signed in, in one sentence. */
  signIn: string;
  config: z.input<typeof AgentConfig>;
}
