import type { ActivityEntry } from '#contract/activity.ts';
import type { RunSpec } from '#contract/run-spec.ts';
import type { Masker } from '../../logs/mask.ts';
import { EVENT_READERS, type AgentProgram } from '../event-readers.ts';
import { JsonLines } from '../json-lines.ts';
import { parseEvent } from '../parse-event.ts';
import { ownUse } from '../own-use.ts';
import { newState, objectOf, textOf, type Event } from '../reading.ts';
import type { EventTeller } from './event-teller.ts';
import { acpTeller } from './tell-acp.ts';
import { tellClaude } from './tell-claude.ts';
import { tellCodex } from './tell-codex.ts';
import { tellGemini } from './tell-gemini.ts';
import { tellOpencode } from './tell-opencode.ts';
import { ActivityTeller } from './teller.ts';

/** One for each run: some remember what was said before. */
const TELLERS: Record<AgentProgram, () => EventTeller> = {
  codex: () => tellCodex,
  claude: () => tellClaude,
  gemini: () => tellGemini,
  opencode: () => tellOpencode,
  acp: acpTeller,
};
/** The events that say what the run has used. */
const USAGE_EVENTS: Record<Exclude<AgentProgram, 'acp'>, string> = {
  codex: 'turn.completed',
  claude: 'result',
  gemini: 'result',
  opencode: 'step_finish',
};
/** Times are no part of what is read here. */
const NO_TIME = new Date(0);

export interface ActivityReaderOptions {
  program: AgentProgram;
  masker: Masker;
  /** Where the agent works: paths in it are shown as they are in the repository. */
  workFolder: string;
  /** The session that the run goes on with. */
  session: RunSpec['session'];
}

/**
 * Reads what an agent does from its stream, as it comes. The same bytes give the same entries, however they are cut and
 * whenever they are read: nothing here looks at a clock, or at where a piece ends.
 */
export class ActivityReader {
  private readonly teller: ActivityTeller;
  private readonly tell: EventTeller;
  private readonly lines = new JsonLines((line) => this.read(line));
  /** Counts what was used, in the way that the verdict's reader does. */
  private readonly used = newState();

  constructor(private readonly options: ActivityReaderOptions) {
    this.teller = new ActivityTeller(options.masker, options.workFolder);
    this.tell = TELLERS[options.program]();
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
    const { program } = this.options;
    if (!this.tell(this.teller, event)) this.teller.other(null, typeOf(event), event);
    if (program === 'acp') this.readLiveUsage(event);
    else if (event['type'] === USAGE_EVENTS[program]) this.readUsage(event);
  }

  /** Its reader has to hear everything; what was used is complete when a turn ends. */
  private readLiveUsage(event: Event): void {
    if (textOf(objectOf(event['result'])['stopReason']) !== null) this.readUsage(event);
    else EVENT_READERS.acp(this.used, event, NO_TIME);
  }

  private readUsage(event: Event): void {
    EVENT_READERS[this.options.program](this.used, event, NO_TIME);
    const { usage, costUsd } = ownUse(this.used, this.options.session);
    if (usage) this.teller.usage(usage, costUsd);
  }
}

function typeOf(event: Event): string {
  return [textOf(event['type']), textOf(event['subtype'])].filter((part) => part !== null).join('.');
}
