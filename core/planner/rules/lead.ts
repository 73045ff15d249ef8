import type { TaskType } from '#contract/enums.ts';
import { isPunct } from './token.ts';
import type { Token } from './token.ts';
import type { PriorityMarker } from './markers.ts';
import { LEADS, PREFIX_WORDS, TYPE_OF_PREFIX } from './words/leads.ts';
import type { LeadKind } from './words/leads.ts';
import { FIX_VERBS, VERBS, verbOfGerund } from './words/verbs.ts';
import { DETERMINERS, STATES } from './words/statements.ts';
import { SMALL_TALK_OPENINGS } from './words/small-talk.ts';
import { DEFAULT_AGENT_NAMES } from '#contract/enums.ts';

/** What stands before the words that matter, and where those begin. */
export interface Lead {
  /** Index of its own first token. */
  from: number;
  /** Index of the first token that matters. */
  core: number;
  kinds: ReadonlySet<LeadKind>;
  /** Priorities passed on the way. */
  markers: PriorityMarker[];
  /** What a prefix says the work is: "spike:", "ci:". */
  type: TaskType | null;
}

const MARKS = ',;:()[]—–-→*_!.…|&';
const AGENT_NAMES: ReadonlySet<string> = new Set(DEFAULT_AGENT_NAMES);
const ORDER_VERBS: ReadonlySet<string> = new Set(['ask', 'tell', 'have', 'let', 'get']);
/** Fillers that are verbs or nouns of instructions when something follows them. */
const FILLER_VERBS: ReadonlySet<string> = new Set([
  'look',
  'like',
  'right',
  'last',
  'next',
  'start',
  'finish',
  'try',
  'keep',
  'mind',
  'consider',
  'there',
  'again',
  'second',
  'first',
  'properly',
]);

/** Skips greetings, politeness, connectives, priorities, agents' names and kinds ("bug:") from `from` on. */
export function readLead(
  tokens: readonly Token[],
  from: number,
  to: number,
  markers: ReadonlyMap<number, PriorityMarker>,
): Lead {
  const kinds = new Set<LeadKind>();
  const passed: PriorityMarker[] = [];
  let type: TaskType | null = null;
  let at = from;
  while (at < to) {
    const marker = markers.get(at);
    if (marker) {
      passed.push(marker);
      at = marker.to;
      // "it's critical that we fix …", "it is urgent to fix …"
      if (/^(?:to|that)$/.test(tokens[at]?.lower ?? '')) at += /^(?:we|you)$/.test(tokens[at + 1]?.lower ?? '') ? 2 : 1;
      continue;
    }
    const token = tokens[at];
    if (token === undefined) break;
    if (token.kind === 'symbol' || isPunct(token, MARKS)) {
      at += 1;
      continue;
    }
    const predicate = skipPredicate(tokens, at, markers);
    if (predicate !== null) {
      at = predicate;
      continue;
    }
    const story = skipUserStory(tokens, at);
    if (story !== null) {
      at = story;
      continue;
    }
    const report = skipTestimony(tokens, at);
    if (report !== null) {
      kinds.add('report');
      at = report;
      continue;
    }
    const courtesy = skipCourtesy(tokens, at);
    if (courtesy !== null) {
      kinds.add('request');
      at = courtesy;
      continue;
    }
    const skipped = skipPrefix(tokens, at, to) ?? skipAgent(tokens, at);
    if (skipped !== null) {
      if (isPunct(tokens[skipped - 1], ':') && PREFIX_WORDS.has(token.lower)) kinds.add('prefix');
      if (isPunct(tokens[skipped - 1], ':')) type ??= TYPE_OF_PREFIX.get(token.lower.replace(/\(.*$/, '')) ?? null;
      at = skipped;
      continue;
    }
    const lead = LEADS.match(tokens, at);
    if (
      lead === null ||
      at + lead.length > to ||
      isReallyAVerb(tokens, at, lead) ||
      (lead.length < 3 && SMALL_TALK_OPENINGS.match(tokens, at))
    )
      break;
    if (lead.value === 'gerund') {
      if (verbOfGerund(tokens[at + lead.length]?.lower ?? '') === null) {
        // "how about a dark mode", "what about the footer"
        if (lead.length === 1 || !DETERMINERS.has(tokens[at + lead.length]?.lower ?? '')) break;
        kinds.add('need');
      } else {
        kinds.add('gerund');
      }
    } else {
      kinds.add(lead.value);
    }
    at += lead.length;
    if (lead.value === 'need') break;
  }
  return { from, core: at, kinds, markers: passed, type };
}

/** "bug:", "feature request:", "[frontend]", "Login page:" is kept: only known kinds are skipped. */
function skipPrefix(tokens: readonly Token[], at: number, to: number): number | null {
  for (let length = 1; length <= 2 && at + length < to; length += 1) {
    const words = tokens
      .slice(at, at + length)
      .map((token) => token.lower)
      .join(' ');
    if (PREFIX_WORDS.has(words) && (isPunct(tokens[at + length], ':') || isPunct(tokens[at + length], '—–-')))
      return at + length + 1;
  }
  const scope = /^(fix|feat|chore|docs|refactor|perf|test|tests|ci|build|style)(?:\([\w/-]{1,40}\))?:?$/.exec(
    tokens[at]?.lower ?? '',
  );
  if (scope && isPunct(tokens[at + 1], ':')) return at + 2;
  return null;
}

/** "This is urgent:", "it's not urgent but", "set prio 1:": up to the priority itself. */
function skipPredicate(
  tokens: readonly Token[],
  at: number,
  markers: ReadonlyMap<number, PriorityMarker>,
): number | null {
  let i = at;
  while (
    i < at + 4 &&
    /^(?:this|it|that|one|is|it's|that's|its|thats|very|really|so|quite|set|make|mark|as|with|treat|consider|has|a|top)$/.test(
      tokens[i]?.lower ?? '',
    )
  )
    i += 1;
  const marker = i > at ? markers.get(i) : undefined;
  if (marker === undefined) return null;
  const next = tokens[marker.to];
  return isPunct(next, ':,;—–-.!)') || /^(?:but|and|so|please|to|that)$/.test(next?.lower ?? '') ? i : null;
}

/** "As a user I want to …": from "I" on. */
function skipUserStory(tokens: readonly Token[], at: number): number | null {
  if (tokens[at]?.lower !== 'as' || !/^an?$/.test(tokens[at + 1]?.lower ?? '')) return null;
  for (let i = at + 3; i < at + 9; i += 1) if (tokens[i]?.lower === 'i') return i;
  return null;
}

const WITNESSES =
  /^(?:i|we|users?|customers?|clients?|people|testers?|visitors?|someone|somebody|colleagues?|support|sales|qa|they|he|she|everyone|everybody)$/;
const TESTIFIES =
  /^(?:noticed|notice|found|discovered|spotted|observed|realised|realized|report|reports|reported|reporting|complain|complains|complained|complaining|say|says|said|saying|told|tell|mentioned|see|saw|noticing|claim|claims)$/;
const BESIDE_TESTIMONY =
  /^(?:have|has|are|is|keep|keeps|just|also|recently|already|still|been|us|me|out|about|again|today|yesterday|of|our|the|from)$/;

/** "I noticed that X takes long", "some users report that …": from X on. */
function skipTestimony(tokens: readonly Token[], at: number): number | null {
  let i = at;
  while (
    i < at + 3 &&
    /^(?:some|many|several|a|few|our|the|one|two|three|more|multiple|of|beta)$/.test(tokens[i]?.lower ?? '')
  )
    i += 1;
  const witness = tokens[i]?.lower ?? '';
  if (!WITNESSES.test(witness)) return null;
  i += 1;
  while (i < at + 7 && BESIDE_TESTIMONY.test(tokens[i]?.lower ?? '')) i += 1;
  if (!TESTIFIES.test(tokens[i]?.lower ?? '')) return null;
  i += 1;
  while (i < at + 10 && /^(?:us|me|out|about|today|yesterday|again)$/.test(tokens[i]?.lower ?? '')) i += 1;
  if (tokens[i]?.lower === 'that' || isPunct(tokens[i], ':')) return i + 1;
  // Without "that", only where a statement follows: "I noticed the list is empty", not "we found a good name"
  const isStatement = tokens.slice(i + 1, i + 10).some((token) => STATES.has(token.lower));
  return isStatement && DETERMINERS.has(tokens[i]?.lower ?? '') ? i : null;
}

/** "It would be very kind if you could …", "I would appreciate it if someone could …" */
function skipCourtesy(tokens: readonly Token[], at: number): number | null {
  if (
    !/^(?:it|it'd|that|i|i'd|we|we'd|would)$/.test(tokens[at]?.lower ?? '') ||
    !/^(?:would|'d|be|will|appreciate|am|was)$/.test(tokens[at + 1]?.lower ?? '')
  )
    return null;
  for (let i = at + 2; i < at + 9; i += 1) {
    if (
      tokens[i]?.lower === 'if' &&
      /^(?:you|we|someone|somebody|one)$/.test(tokens[i + 1]?.lower ?? '') &&
      /^(?:could|can|would|might)$/.test(tokens[i + 2]?.lower ?? '')
    )
      return i + 3;
  }
  return null;
}

/** "@backend", "backend:", "[qa]", "ask the docs agent to" */
function skipAgent(tokens: readonly Token[], at: number): number | null {
  const word = tokens[at]?.lower ?? '';
  if (word.startsWith('@') && word.length > 1 && !word.includes('/')) return at + 1;
  if (AGENT_NAMES.has(word) && isPunct(tokens[at + 1], ':]')) return at + 2;
  if (!ORDER_VERBS.has(word)) return null;
  const name = at + (tokens[at + 1]?.lower === 'the' ? 2 : 1);
  const isAgent = tokens[name + 1]?.lower === 'agent';
  if (!isAgent && !AGENT_NAMES.has(tokens[name]?.lower ?? '')) return null;
  const next = name + (isAgent ? 2 : 1);
  if (tokens[next]?.lower === 'to') return next + 1;
  return VERBS.has(tokens[next]?.lower ?? '') ? next : null;
}

/** "Try the new build", "start the server": an instruction, not a way to begin one. */
function isReallyAVerb(tokens: readonly Token[], at: number, lead: { length: number; value: LeadKind }): boolean {
  const word = tokens[at]?.lower ?? '';
  if (lead.length > 1) return false;
  const next = tokens[at + 1];
  if (FIX_VERBS.has(word) && lead.value !== 'prefix') return true;
  if (!FILLER_VERBS.has(word)) return false;
  if (lead.value === 'gerund') return verbOfGerund(next?.lower ?? '') === null;
  return (
    VERBS.has(word) &&
    (DETERMINERS.has(next?.lower ?? '') ||
      next?.lower === 'at' ||
      next?.lower === 'into' ||
      next?.lower === 'over' ||
      next?.lower === 'through' ||
      next?.lower === 'for' ||
      next?.lower === 'up')
  );
}
