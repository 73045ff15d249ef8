import { cutStart } from '#contract/cut-text.ts';

/** How an agent's work ended, as its own stream has it. */
export type Verdict =
  | 'ok'
  /** It ended well, said nothing and did nothing. */
  | 'nothing'
  | 'refused'
  | 'needs_sign_in'
  | 'quota'
  | 'rate_limited'
  | 'overloaded'
  | 'context_full'
  | 'model_unknown'
  | 'permission_denied'
  | 'max_tokens'
  | 'crashed'
  /** The stream is not that program's, or its error is none that is known: the exit code decides. */
  | 'unknown';

/** What a program says of an error. Everything may be missing. */
export interface Fault {
  /** Of HTTP. */
  status: number | null;
  /** Types, codes and names, as they stand. */
  codes: string[];
  words: string;
  /** When it may be tried again; null: it does not say. */
  resetsAt: Date | null;
}

export interface Usage {
  /** Those from the cache included. */
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
}

/** What is known so far: each program's file fills it in, one event at a time. */
export interface ReaderState {
  /** Lines that were events of this program. */
  events: number;
  /** Lines that could not be read, too long or no JSON. */
  unreadable: number;
  sessionId: string | null;
  lastText: string | null;
  /** The text that stands last is still growing. */
  isTextOpen: boolean;
  /** Tool calls that were seen, by their ids. */
  toolCalls: Set<string>;
  /** Tool calls that the program's own rules did not let through, with what was asked. */
  denials: Map<string, string>;
  usage: Usage | null;
  costUsd: number | null;
  /** `usage` is the whole session's, its earlier runs included. */
  isUsageOfSession: boolean;
  /** The same of `costUsd`. */
  isCostOfSession: boolean;
  /** How it said that it ended; null: it has not. */
  end: 'ok' | 'refused' | 'max_tokens' | 'failed' | null;
  /** The error that stands. */
  fault: Fault | null;
  /** What it tried again: the error, if it never says how it ended. */
  retried: Fault | null;
  /** The limit of use that it has met: its own number says when it ends. */
  limit: Fault | null;
  /** Of a live agent alone. */
  live: LiveState;
}

/** What a live agent's protocol spreads over several messages. */
export interface LiveState {
  /** Its session stands: what came before is an old one's history, told again. */
  isOpen: boolean;
  /** The name it goes by, in small letters. */
  agent: string;
  /** Its program's own stream comes as well, and says more. */
  tellsRaw: boolean;
  /** It says that its session is broken. */
  isFailing: boolean;
  /** What its adapter said last, in the agent's name. */
  notice: string;
  /** Of the text that stands last. */
  messageId: string | null;
  /** Calls it asked for that have not ended, with their titles. */
  asked: Map<string, string>;
}

/** What is known when the program has gone. */
export interface Reading {
  verdict: Verdict;
  /** The program's own words for a verdict that is not ok, cut short; null: none. */
  words: string | null;
  resetsAt: Date | null;
  lastText: string | null;
  sessionId: string | null;
  usage: Usage | null;
  costUsd: number | null;
  isUsageOfSession: boolean;
  isCostOfSession: boolean;
  /** What the agent was not allowed to do. */
  denials: string[];
  /** False: not a line of the stream is that program's. */
  isRecognised: boolean;
  /** An argument of its command that it does not take, as it complains; null: it complains of none. */
  unknownArgument: string | null;
}

/** One event of the stream: an object, whatever is in it. */
export type Event = Record<string, unknown>;

/** A report is what a person reads: a book's chapter fits. */
const MAX_TEXT_CHARS = 256 * 1024;

export function newState(): ReaderState {
  return {
    events: 0,
    unreadable: 0,
    sessionId: null,
    lastText: null,
    isTextOpen: false,
    toolCalls: new Set(),
    denials: new Map(),
    usage: null,
    costUsd: null,
    isUsageOfSession: false,
    isCostOfSession: false,
    end: null,
    fault: null,
    retried: null,
    limit: null,
    live: {
      isOpen: false,
      agent: '',
      tellsRaw: false,
      isFailing: false,
      notice: '',
      messageId: null,
      asked: new Map(),
    },
  };
}

/** @param isPiece it belongs to the text before it, if nothing came between */
export function say(state: ReaderState, text: string, isPiece = false): void {
  if (text === '' || (!isPiece && text.trim() === '')) return;
  const whole = isPiece && state.isTextOpen ? (state.lastText ?? '') + text : text;
  state.lastText = cutStart(whole, MAX_TEXT_CHARS);
  state.isTextOpen = isPiece;
}

export function addUsage(state: ReaderState, more: Usage): void {
  const before = state.usage ?? { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0 };
  state.usage = {
    inputTokens: before.inputTokens + more.inputTokens,
    cachedInputTokens: before.cachedInputTokens + more.cachedInputTokens,
    outputTokens: before.outputTokens + more.outputTokens,
  };
}

export function objectOf(value: unknown): Event {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Event) : {};
}

export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** A count that can be trusted: whole, and not below zero. */
export function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.round(value) : 0;
}

/** An amount of money; null where there is none. */
export function amountOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : null;
}
