import type { TaskType } from '#contract/enums.ts';
import type { Block } from './blocks.ts';
import type { SegmentKind } from './classify.ts';
import type { PriorityMarker } from './markers.ts';
import type { TextRange } from './ranges.ts';
import { topicWords } from './topics.ts';
import { isNaming } from './token.ts';
import { tokenize } from './tokens.ts';
import type { Token } from './token.ts';
import { FIX_VERBS } from './words/verbs.ts';

/** One thing that a person asks for, with everything the message says about it. */
export interface Ask {
  /** The words as they were said, with what belongs to them. */
  text: string;
  kind: 'ask' | 'report' | 'wish' | 'question';
  type: TaskType;
  /** Null: nothing is said. */
  priority: number | null;
  paths: string[];
  criteria: string[];
  /** The clause that says what is to be done, its lead cut off. */
  core: Token[];
  /** "… takes 40 minutes, speed it up": the instruction that `core`, a statement, is followed by. */
  remedy: Token[];
  /** Only the thing wanted is named: "we need a dark mode". */
  isNamed: boolean;
  /** Its object stands in another ask: "then fix whatever it finds". */
  isDependent: boolean;
}

/** An ask whose end is not read yet. */
export interface Draft extends Ask {
  ranges: TextRange[];
  block: Block;
  markers: PriorityMarker[];
  /** Said in front of the ask before: "Fix login (p1), dark mode (p5)". */
  sharedVerb: string;
}

/** Said before there was an ask that it could belong to. */
export interface Pending {
  ranges: TextRange[];
  criteria: string[];
  priority: number | null;
  /** A statement that an instruction may point back to: "The image is 2 GB, make it smaller". */
  subject: { core: Token[]; type: TaskType } | null;
}

export function nothingPending(): Pending {
  return { ranges: [], criteria: [], priority: null, subject: null };
}

/** Where a clause was read. */
export interface Place {
  block: Block;
  tokens: Token[];
  markers: ReadonlyMap<number, PriorityMarker>;
  /** How many asks there were before this block. */
  before: number;
  isItem: boolean;
}

/** A message that stands in quotes as a whole is read as if it did not. */
export function unquoted(text: string, tokens: Token[]): Token[] {
  const named = tokens.filter(isNaming);
  const only = named[0];
  return named.length === 1 && only?.kind === 'quote' && only.text.includes(' ')
    ? tokenize(text, only.start + 1, only.end - 1)
    : tokens;
}

/** More than "fix it", which a title says anyway. */
export function isRemedy(said: readonly Token[]): boolean {
  return (
    !FIX_VERBS.has(said[0]?.lower ?? '') &&
    said.filter(isNaming).length >= 2 &&
    !/^(?:investigate|find|check|look|figure)$/.test(said[0]?.lower ?? '')
  );
}

export function startsWithPronoun(said: readonly Token[]): boolean {
  return /^(?:it|this|that|they|these|those|its|each|both|all|which|the)$/.test(said.find(isNaming)?.lower ?? '');
}

export function sharesTopic(former: readonly Token[], latter: readonly Token[]): boolean {
  const words = new Set(topicWords(former).filter((word) => word.length > 3));
  return topicWords(latter).some((word) => words.has(word)) && latter.length > 0;
}

export function isListHeader(text: string, block: Block): boolean {
  return text
    .slice(Math.max(block.start, block.end - 4), block.end)
    .replace(/[*_\s]/g, '')
    .endsWith(':');
}

/** Whether a clause of this kind can be an ask by itself. */
export function isAskKind(kind: SegmentKind): boolean {
  return kind === 'ask' || kind === 'report' || kind === 'wish' || kind === 'question';
}
