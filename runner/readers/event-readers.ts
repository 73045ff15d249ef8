import type { AGENT_READERS } from '#contract/enums.ts';
import { readAcp } from './acp.ts';
import { readClaude } from './claude.ts';
import { readCodex } from './codex.ts';
import { readGemini } from './gemini.ts';
import { readOpencode } from './opencode.ts';
import type { Event, ReaderState } from './reading.ts';

/** A program whose stream can be read. */
export type AgentProgram = Exclude<(typeof AGENT_READERS)[number], 'plain'>;

/** Fills in what one event says. @returns false for an event that it does not know */
type EventReader = (state: ReaderState, event: Event, now: Date) => boolean;

export const EVENT_READERS: Record<AgentProgram, EventReader> = {
  codex: readCodex,
  claude: readClaude,
  gemini: readGemini,
  opencode: readOpencode,
  acp: readAcp,
};
