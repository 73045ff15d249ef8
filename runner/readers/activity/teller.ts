import {
  MAX_ACTIVITY_ENTRIES,
  MAX_ACTIVITY_OUTPUT_CHARS,
  MAX_ACTIVITY_TARGET_CHARS,
  MAX_ACTIVITY_TEXT_CHARS,
  type ActivityEntry,
  type ToolKind,
} from '#contract/activity.ts';
import { cutText } from '#contract/cut-text.ts';
import type { Masker } from '../../logs/mask.ts';
import type { Usage } from '../reading.ts';
import { TextCleaner } from './clean-text.ts';
import { GatheredText } from './gathered-text.ts';
import { plainJson } from './plain-json.ts';
import { toolKindOf } from './tools.ts';

const MAX_NAME_CHARS = 200;
const MAX_STEP_CHARS = 500;
const MAX_STEPS = 100;
const MAX_CHANGES = 100;
/** Of the paths of one call's changes together: an entry has to fit into a batch. */
const MAX_CHANGED_CHARS = 20_000;
/** Calls that may still be answered: of those before, nobody hears any more. */
const MAX_KNOWN_CALLS = 1_000;
const NO_NAME = 'tool';
const FULL = 'Too much happened in this run to be shown here: the rest stands in its raw output.';

type Told<Kind> = Extract<ActivityEntry, { kind: Kind }>;
type ToolEntry = Told<'tool'>;
export type PlanSteps = Told<'plan'>['steps'];

/** What one event says of a call; what it does not say stays as it was. */
export interface CallNews {
  name?: string | null;
  /** Where the program says it itself; else its name does. */
  toolKind?: ToolKind;
  status?: ToolEntry['status'];
  target?: string | null;
  output?: string | null;
  exitCode?: unknown;
  changes?: ToolEntry['changes'];
}

/** Makes entries of what a program's events say: numbers their items, masks and cuts their texts, and stops at the limit. */
export class ActivityTeller {
  /** Nothing more is told of this run. */
  isFull = false;
  private entries: ActivityEntry[] = [];
  private told = 0;
  private items = 0;
  private lastEntry: ActivityEntry | null = null;
  private planItem: number | null = null;
  private usageItem: number | null = null;
  private readonly otherItems = new Map<string, number>();
  /** Null: it is told in another way. */
  private readonly calls = new Map<string, ToolEntry | null>();
  /** Of most calls is told twice: masking costs the most of all that is done here. */
  private lastTarget = { said: '', clean: '' };
  private readonly cleaner: TextCleaner;
  private readonly gathered: GatheredText;
  /** Of the text that is being gathered; null: nothing of it was let out yet. */
  private gatheredItem: number | null = null;

  /** @param workFolder paths in it are told as they are in the repository */
  constructor(
    masker: Masker,
    private readonly workFolder: string,
  ) {
    this.cleaner = new TextCleaner(masker);
    this.gathered = new GatheredText(this.cleaner);
  }

  /** @returns what was told since it was last asked */
  take(): ActivityEntry[] {
    const { entries } = this;
    this.entries = [];
    return entries;
  }

  message(text: string | null): void {
    this.say('message', text);
  }

  thought(text: string | null): void {
    this.say('thought', text);
  }

  /** A piece of a message, which goes on until `endOfPieces`. */
  piece(text: string): void {
    this.letOut(this.gathered.add(text));
  }

  endOfPieces(): void {
    this.letOut(this.gathered.end());
    this.gatheredItem = null;
  }

  /** @param id as the program has it; of a call that is not known yet, a new one */
  call(id: string, news: CallNews): void {
    const before = this.calls.get(id);
    if (before === null) return;
    const entry = before === undefined ? this.newCall(news.name ?? NO_NAME) : { ...before };
    if (news.toolKind !== undefined) entry.toolKind = news.toolKind;
    if (news.status !== undefined) entry.status = news.status;
    if (textIsThere(news.target))
      entry.target = this.cleanTarget(entry.toolKind === 'execute' ? news.target : this.inRepository(news.target));
    if (textIsThere(news.output)) entry.output = this.cleaner.ends(news.output, MAX_ACTIVITY_OUTPUT_CHARS);
    if (Number.isSafeInteger(news.exitCode)) entry.exitCode = Number(news.exitCode);
    if (news.changes !== undefined) entry.changes = this.shortened(news.changes);
    this.know(id, entry);
    this.add(entry);
  }

  /** How a call stands that was told before; null: it was not. */
  statusOf(id: string): ToolEntry['status'] | null {
    return this.calls.get(id)?.status ?? null;
  }

  /** What this call does is told in another way, as the plan is. */
  ignoreCall(id: string): void {
    this.know(id, null);
  }

  plan(steps: PlanSteps): void {
    this.planItem ??= this.newItem();
    const shown = steps
      .slice(0, MAX_STEPS)
      .map(({ text, status }) => ({ text: this.cleaner.start(text, MAX_STEP_CHARS), status }));
    this.add({ kind: 'plan', item: this.planItem, steps: shown });
  }

  /** What was said just before is not said twice: programs tell an error where it happens, and as how they end. */
  warning(words: string | null): void {
    const text = this.shortText(words);
    if (text === null || (this.lastEntry?.kind === 'warning' && this.lastEntry.text === text)) return;
    this.add({ kind: 'warning', item: this.newItem(), text });
  }

  /** One try after another is one item. */
  retry(words: string | null): void {
    const text = this.shortText(words);
    if (text === null) return;
    const item = this.lastEntry?.kind === 'retry' ? this.lastEntry.item : this.newItem();
    this.add({ kind: 'retry', item, text });
  }

  usage({ inputTokens, cachedInputTokens, outputTokens }: Usage, costUsd: number | null): void {
    this.usageItem ??= this.newItem();
    this.add({
      kind: 'usage',
      item: this.usageItem,
      inputTokens: bounded(inputTokens),
      cachedInputTokens: bounded(cachedInputTokens),
      outputTokens: bounded(outputTokens),
      costUsd: costUsd !== null && Number.isFinite(costUsd) ? costUsd : null,
    });
  }

  /**
   * An event that nobody knows here.
   * @param id where it has one, it goes on with what was told under it; null: it stands alone
   */
  other(id: string | null, type: string, event: unknown): void {
    const item = (id === null ? undefined : this.otherItems.get(id)) ?? this.newItem();
    if (id !== null) remember(this.otherItems, id, item);
    const text = this.cleaner.start(plainJson(event, this.cleaner), MAX_ACTIVITY_TEXT_CHARS);
    this.add({ kind: 'other', item, name: this.nameOf(type, 'event'), text });
  }

  private say(kind: 'message' | 'thought', text: string | null): void {
    if (text === null || text.trim() === '') return;
    this.tell(kind, this.newItem(), this.cleaner.whole(text));
  }

  private letOut(text: string | null): void {
    if (text === null) return;
    this.gatheredItem ??= this.newItem();
    this.tell('message', this.gatheredItem, text);
  }

  /** A text that is too long for one entry goes on in the next of its item. */
  private tell(kind: 'message' | 'thought', item: number, clean: string): void {
    let rest = clean;
    do {
      const text = cutText(rest, MAX_ACTIVITY_TEXT_CHARS);
      rest = rest.slice(text.length);
      this.add({ kind, item, text });
    } while (rest !== '' && !this.isFull);
  }

  private newCall(name: string): ToolEntry {
    return {
      kind: 'tool',
      item: this.newItem(),
      name: this.nameOf(name, NO_NAME),
      toolKind: toolKindOf(name),
      status: 'running',
      target: null,
      output: null,
      exitCode: null,
      changes: [],
    };
  }

  private cleanTarget(said: string): string {
    if (said !== this.lastTarget.said)
      this.lastTarget = { said, clean: this.cleaner.start(said, MAX_ACTIVITY_TARGET_CHARS) };
    return this.lastTarget.clean;
  }

  private shortened(changes: ToolEntry['changes']): ToolEntry['changes'] {
    let chars = 0;
    return changes
      .slice(0, MAX_CHANGES)
      .map(({ path, change }) => ({
        path: this.cleaner.start(this.inRepository(path), MAX_ACTIVITY_TARGET_CHARS),
        change,
      }))
      .filter(({ path }) => (chars += path.length) <= MAX_CHANGED_CHARS);
  }

  /** Where the task's folder is on the machine is for nobody to read. */
  private inRepository(path: string): string {
    const folder = `${this.workFolder}/`;
    return path.startsWith(folder) && path.length > folder.length ? path.slice(folder.length) : path;
  }

  private know(id: string, entry: ToolEntry | null): void {
    remember(this.calls, id, entry);
  }

  private shortText(text: string | null): string | null {
    return text === null || text.trim() === '' ? null : this.cleaner.start(text.trim(), MAX_ACTIVITY_TEXT_CHARS);
  }

  private nameOf(name: string, without: string): string {
    return this.cleaner.start(name, MAX_NAME_CHARS) || without;
  }

  private newItem(): number {
    const item = this.items;
    this.items += 1;
    return item;
  }

  private add(entry: ActivityEntry): void {
    if (this.isFull) return;
    this.told += 1;
    this.isFull = this.told > MAX_ACTIVITY_ENTRIES;
    // No item is counted as far as this before.
    this.lastEntry = this.isFull ? { kind: 'warning', item: MAX_ACTIVITY_ENTRIES, text: FULL } : entry;
    this.entries.push(this.lastEntry);
  }
}

/** Forgets what was not spoken of for longest. */
function remember<Held>(known: Map<string, Held>, id: string, held: Held): void {
  known.delete(id);
  known.set(id, held);
  const [oldest] = known.keys();
  if (known.size > MAX_KNOWN_CALLS && oldest !== undefined) known.delete(oldest);
}

function textIsThere(text: string | null | undefined): text is string {
  return text !== null && text !== undefined && text !== '';
}

function bounded(count: number): number {
  return Math.min(count, Number.MAX_SAFE_INTEGER);
}
