import type { ActivityEntry } from '#contract/activity.ts';
import type { Masker } from '../../logs/mask.ts';
import { EVENT_READERS, type AgentProgram } from '../event-readers.ts';
import { JsonLines } from '../json-lines.ts';
import { parseEvent } from '../parse-event.ts';
import { newState, textOf, type Event } from '../reading.ts';
import type { EventTeller } from './event-teller.ts';
import { tellClaude } from './tell-claude.ts';
import { tellCodex } from './tell-codex.ts';
import { tellGemini } from './tell-gemini.ts';
import { tellOpencode } from './tell-opencode.ts';
import { ActivityTeller } from './teller.ts';

const TELLERS: Record<AgentProgram, EventTeller> = {
  codex: tellCodex,
  claude: tellClaude,
  gemini: tellGemini,
  opencode: tellOpencode,
};
/** The events that say what the run has used. */
const USAGE_EVENTS: Record<AgentProgram, string> = {
  codex: 'turn.completed',
  claude: 'result',
  gemini: 'result',
  opencode: 'step_finish',
};
/** Times are no part of what is read here. */
const NO_TIME = new Date(0);

/**
 * Reads what an agent does from its stream, as it comes. The same bytes give the same entries, however they are cut and
 * whenever they are read: nothing here looks at a clock, or at where a piece ends.
 */
export class ActivityReader {
  private readonly teller: ActivityTeller;
  private readonly lines = new JsonLines((line) => this.read(line));
  /** Counts what was used, in the way that the verdict's reader does. */
  private readonly used = newState();

  constructor(
    private readonly program: AgentProgram,
    masker: Masker,
  ) {
    this.teller = new ActivityTeller(masker);
  }

  /** Nothing follows, whatever the stream says. */
  get isFull(): boolean {
    return this.teller.isFull;
  }

  push(bytes: Buffer): void {
    if (!this.isFull) this.lines.push(bytes);
  }

  /** Nothing more comes: the last line may have no end, and the last text neither. */
  end(): void {
    this.lines.end();
    this.teller.endOfPieces();
  }

  /** @returns the entries since it was last asked */
  take(): ActivityEntry[] {
    return this.teller.take();
  }

  private read(line: string | null): void {
    const event = line === null || this.isFull ? null : parseEvent(line);
    if (event === null) return;
    if (!TELLERS[this.program](this.teller, event)) this.teller.other(null, typeOf(event), event);
    if (event['type'] === USAGE_EVENTS[this.program]) this.readUsage(event);
  }

  private readUsage(event: Event): void {
    EVENT_READERS[this.program](this.used, event, NO_TIME);
    if (this.used.usage) this.teller.usage(this.used.usage, this.used.costUsd);
  }
}

function typeOf(event: Event): string {
  return [textOf(event['type']), textOf(event['subtype'])].filter((part) => part !== null).join('.');
}
