import { isNaming, isPunct } from './token.ts';
import type { Token } from './token.ts';
import {
  BESIDE_WHOLE_MESSAGE,
  PRIORITY_NOUNS,
  PRIORITY_PHRASES,
  WHOLE_MESSAGE_WORDS,
  WORK_NOUNS,
} from './words/priorities.ts';
import type { MarkerUse } from './words/priorities.ts';
import { DETERMINERS, MODALS, PREPOSITIONS, SUBORDINATORS } from './words/statements.ts';
import { VERBS } from './words/verbs.ts';

/** A place where a person states how urgent something is. */
export interface PriorityMarker {
  /** First token of the phrase. */
  from: number;
  /** First token after it. */
  to: number;
  priority: number;
  /** "both urgent", "everything is low priority": for all asks of the message. */
  isForWholeMessage: boolean;
  /** "asap: fix this and that": holds up to this token for every ask that states none of its own. */
  reach: number;
}

const CLAUSE_MARKS = ',;([{}])!?.—–-→/|…*:';
const NOT_A_STATEMENT_BEFORE: ReadonlySet<string> = new Set([
  'as',
  'by',
  'than',
  'from',
  'between',
  'show',
  'if',
  'when',
  'only',
  'called',
  'named',
  'like',
  'of',
]);
const STATES_OF_A_THING = new Set([
  'this',
  'it',
  'that',
  "it's",
  "that's",
  'its',
  'thats',
  'both',
  'all',
  'everything',
  'these',
  'those',
  'them',
  'they',
]);
/** "make the dialog close immediately" is about the dialog. */
const SHAPES_THE_PRODUCT = new Set(['make', 'let', 'ensure', 'allow', 'have', 'sure']);
const COPULAS = new Set([
  'is',
  'are',
  "it's",
  "that's",
  'its',
  'thats',
  'this',
  'very',
  'really',
  'super',
  'extremely',
  'so',
  'pretty',
  'quite',
  'kind',
  'be',
]);

const SPOKEN: ReadonlyMap<string, number> = new Map([
  ['one', 1],
  ['two', 2],
  ['three', 3],
  ['four', 4],
  ['five', 5],
]);

/** Every explicit priority among the tokens of a stretch of text, by its first token. */
export function findPriorityMarkers(tokens: readonly Token[]): Map<number, PriorityMarker> {
  const markers = new Map<number, PriorityMarker>();
  let clauseStart = 0;
  for (let at = 0; at < tokens.length; at += 1) {
    if (isPunct(tokens[at], '.!?;')) clauseStart = at + 1;
    const found = numbered(tokens, at) ?? worded(tokens, at);
    if (found === null || !counts(tokens, at, at + found.length, found.use, clauseStart)) continue;
    markers.set(at, {
      from: at,
      to: at + found.length,
      priority: found.priority,
      isForWholeMessage: isForAll(tokens, at, at + found.length),
      reach: reachOf(tokens, at, at + found.length, clauseStart),
    });
    at += found.length - 1;
  }
  return markers;
}

function reachOf(tokens: readonly Token[], from: number, to: number, clauseStart: number): number {
  if (!isPunct(tokens[to], ':') || tokens.slice(clauseStart, from).some(isNaming)) return to;
  const end = tokens.findIndex((token, i) => i > to && isPunct(token, '.!?'));
  return end < 0 ? tokens.length : end;
}

interface Found {
  priority: number;
  length: number;
  use: MarkerUse;
}

/** "priority 2", "prio: 4", "priority = 1", "prio #3" */
function numbered(tokens: readonly Token[], at: number): Found | null {
  if (!PRIORITY_NOUNS.has(tokens[at]?.lower ?? '')) return null;
  let next = at + 1;
  while (
    next < at + 3 &&
    (isPunct(tokens[next], ':=#-') ||
      tokens[next]?.lower === '=' ||
      tokens[next]?.lower === 'is' ||
      tokens[next]?.lower === 'level' ||
      tokens[next]?.lower === 'number')
  )
    next += 1;
  const said = tokens[next]?.lower ?? '';
  const digits = SPOKEN.has(said) ? SPOKEN.get(said) : /^#?(\d{1,2})(?:\/5)?$/.exec(said)?.[1];
  if (digits !== undefined)
    return { priority: Math.min(5, Math.max(1, Number(digits))), length: next - at + 1, use: 'label' };
  // "priority: high" reads like "priority high"
  const word = tokens[next];
  if (word === undefined || next === at + 1) return null;
  const hit = PRIORITY_PHRASES.match([{ lower: 'priority', kind: 'word' }, word], 0);
  return hit && hit.length === 2 ? { priority: hit.value.priority, length: next - at + 1, use: 'label' } : null;
}

function worded(tokens: readonly Token[], at: number): Found | null {
  const hit = PRIORITY_PHRASES.match(tokens, at);
  return hit && { priority: hit.value.priority, length: hit.length, use: hit.value.use };
}

function counts(tokens: readonly Token[], from: number, to: number, use: MarkerUse, clauseStart: number): boolean {
  const before = tokens[from - 1];
  const after = tokens[to];
  const isSetApart = isOpen(before, ':') && isOpen(after, '');
  switch (use) {
    case 'anywhere':
      return !NOT_A_STATEMENT_BEFORE.has(before?.lower ?? '') || before?.lower === 'if';
    case 'label':
      if (isNaming(before) && NOT_A_STATEMENT_BEFORE.has(before.lower)) return false;
      return !isNaming(after) || startsAnother(tokens, to) || (isWork(after) && !PREPOSITIONS.has(before?.lower ?? ''));
    case 'manner':
      return (
        isSetApart ||
        !tokens
          .slice(Math.max(clauseStart, from - 40), from)
          .some(
            (token) => MODALS.has(token.lower) || SUBORDINATORS.has(token.lower) || SHAPES_THE_PRODUCT.has(token.lower),
          )
      );
    case 'alone':
      if (isPunct(before, ':') && from > 1)
        return after === undefined && PRIORITY_NOUNS.has(tokens[from - 2]?.lower ?? '');
      if (isWork(after)) return true;
      if (isPredicate(tokens, from)) return isOpen(after, '') || startsAnother(tokens, to);
      if (isOpen(before, '')) return isOpen(after, '') || (startsAnother(tokens, to) && VERBS.has(after?.lower ?? ''));
      return before?.lower === 'and' && isPunct(after, ',:');
  }
}

function isOpen(token: Token | undefined, except: string): boolean {
  return (
    token === undefined ||
    token.kind === 'symbol' ||
    (token.kind === 'punct' && CLAUSE_MARKS.includes(token.text) && !except.includes(token.text))
  );
}

/** What comes next is a clause of its own, not the thing that the priority describes. */
function startsAnother(tokens: readonly Token[], at: number): boolean {
  const word = tokens[at]?.lower ?? '';
  if (
    [
      'and',
      'but',
      'then',
      'so',
      'please',
      'pls',
      'because',
      'since',
      'thanks',
      'also',
      'though',
      'for',
      'on',
      'if',
      'when',
      'to',
      'as',
      'here',
      'can',
      'could',
      'i',
      'we',
      'it',
      'is',
      'are',
      'that',
    ].includes(word)
  ) {
    // "P1 and P2 labels" are things
    return word !== 'and' || !PRIORITY_PHRASES.match(tokens, at + 1);
  }
  return (VERBS.has(word) && !isWork(tokens[at])) || (DETERMINERS.has(word) && word !== 'new');
}

function isWork(token: Token | undefined): boolean {
  return token !== undefined && WORK_NOUNS.has(token.lower);
}

/** "this is urgent", "it's critical" — but not "when disk usage is critical". */
function isPredicate(tokens: readonly Token[], at: number): boolean {
  let i = at - 1;
  while (i >= 0 && COPULAS.has(tokens[i]?.lower ?? '') && at - i < 5) i -= 1;
  if (['both', 'all', 'everything'].includes(tokens[i]?.lower ?? ''))
    return i === at - 1 ? !isNaming(tokens[at + 1]) : true;
  return (
    i < at - 1 && (STATES_OF_A_THING.has(tokens[i]?.lower ?? '') || STATES_OF_A_THING.has(tokens[i + 1]?.lower ?? ''))
  );
}

function isForAll(tokens: readonly Token[], from: number, to: number): boolean {
  for (let i = from - 1; i >= 0 && i >= from - 8; i -= 1) {
    const token = tokens[i];
    if (token === undefined) return false;
    if (WHOLE_MESSAGE_WORDS.has(token.lower)) return startsClause(tokens, i);
    if (token.kind === 'punct' || !BESIDE_WHOLE_MESSAGE.has(token.lower)) break;
  }
  const after = tokens
    .slice(to, to + 3)
    .map((token) => token.lower)
    .join(' ');
  return /^(?:for|on) (?:both|all|everything)/.test(after) || /^(?:both|all) ?(?:of|[.!)]|$)/.test(after);
}

/** "…, all urgent" and "All urgent" — but not "make all urgent tasks red". */
function startsClause(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1];
  return (
    before === undefined ||
    before.kind !== 'word' ||
    before.lower === 'and' ||
    before.lower === 'is' ||
    before.lower === 'are' ||
    PREPOSITIONS.has(before.lower) ||
    before.lower === 'with'
  );
}
