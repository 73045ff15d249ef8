import { classify, INSTRUCTION_WINDOW, startsInstruction } from './classify.ts';
import { splitEnumeration } from './enumeration.ts';
import type { Segment } from './classify.ts';
import { readLead } from './lead.ts';
import type { Lead } from './lead.ts';
import { asksForDocument, EDITS } from './intent.ts';
import type { PriorityMarker } from './markers.ts';
import { phraseSet } from './phrases.ts';
import { singular } from './topics.ts';
import { isNaming, isPunct } from './token.ts';
import type { Token } from './token.ts';
import {
  ANAPHORS,
  DEMAND_MODALS,
  DEPENDENT_NOUNS,
  DETERMINERS,
  MODALS,
  OPENING_SUBORDINATORS,
  PREPOSITIONS,
  PRONOUNS,
} from './words/statements.ts';
import { AMBIGUOUS_VERBS, DEMAND_VERBS, FIX_VERBS, HAND_OVER, VERBS } from './words/verbs.ts';

type Markers = ReadonlyMap<number, PriorityMarker>;

const DEMANDS = phraseSet(DEMAND_VERBS.join(','));
const HAND_OVERS = phraseSet(HAND_OVER.join(','));
// What has more of them is no sentence, and looking at each would take long.
const MAX_JOINTS = 150;
const SEQUEL_WORDS: ReadonlySet<string> = new Set([
  'then',
  'also',
  'afterwards',
  'additionally',
  'plus',
  'finally',
  'next',
  'lastly',
  'after',
  'second',
  'secondly',
  'third',
  'thirdly',
  'fourth',
]);
const REPORTING: ReadonlySet<string> = new Set([
  'write',
  'report',
  'summarise',
  'summarize',
  'note',
  'tell',
  'explain',
  'list',
  'show',
  'describe',
  'document',
  'share',
  'post',
  'give',
  'send',
  'collect',
  'suggest',
  'propose',
  'recommend',
]);
const OUTCOMES: ReadonlySet<string> = new Set([
  'recommendation',
  'summary',
  'report',
  'comparison',
  'overview',
  'conclusion',
  'finding',
  'result',
  'proposal',
  'suggestion',
  'approach',
  'option',
  'verdict',
  'advice',
  'opinion',
  'note',
  'writeup',
  'write-up',
]);
const UPDATING: ReadonlySet<string> = new Set(['update', 'adjust', 'adapt', 'fix', 'extend', 'change']);
const ORDINALS = /^(?:second|secondly|third|thirdly|fourth|fifth|finally|lastly|last|another|other)$/;
const MAKES_OTHERS_ACT: ReadonlySet<string> = new Set(['let', 'lets', 'help', 'helps', 'allow', 'allows', 'makes']);

/** Cuts a paragraph into its sentences, and those into the clauses that could each be an ask. */
export function readClauses(tokens: readonly Token[], markers: Markers, isListItem: boolean): Segment[] {
  return sentences(tokens)
    .flatMap(({ from, to }) => splitSentence(tokens, from, to, markers, isListItem))
    .flatMap((segment) => splitEnumeration(tokens, segment, markers));
}

function sentences(tokens: readonly Token[]): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  let from = 0;
  let depth = 0;
  for (let at = 0; at < tokens.length; at += 1) {
    if (isPunct(tokens[at], '(')) depth += 1;
    else if (isPunct(tokens[at], ')')) depth = Math.max(0, depth - 1);
    const isEnd = isPunct(tokens[at], '.!?…') && !isPunct(tokens[at + 1], '.!?…)');
    // A sentence in brackets belongs to the one around it; a bracket that is never closed must not swallow the rest.
    if (!isEnd || (depth > 0 && at - from < INSTRUCTION_WINDOW && hasClosing(tokens, at))) continue;
    depth = 0;
    found.push({ from, to: at + 1 });
    from = at + 1;
  }
  if (from < tokens.length) found.push({ from, to: tokens.length });
  return found;
}

function hasClosing(tokens: readonly Token[], at: number): boolean {
  return tokens.slice(at, at + 40).some((token) => isPunct(token, ')'));
}

/** How clearly a new clause begins: "then" and "also" say so, a comma suggests it, "and" may join words. */
type Joint = 'sequel' | 'comma' | 'and';

function splitSentence(
  tokens: readonly Token[],
  from: number,
  to: number,
  markers: Markers,
  isListItem: boolean,
): Segment[] {
  const segments: Segment[] = [];
  let start = from;
  let left: Segment | null = null;
  let depth = 0;
  let joints = 0;
  for (let at = from + 1; at < to - 1 && joints < MAX_JOINTS; at += 1) {
    const token = tokens[at];
    if (isPunct(token, '(')) depth += 1;
    else if (isPunct(token, ')')) depth = Math.max(0, depth - 1);
    if (depth > 0 || !isJoint(token)) continue;
    joints += 1;
    const lead = readLead(tokens, at, to, markers);
    const joint = jointOf(tokens, at, lead);
    left ??= classify(tokens, start, Math.min(at, start + INSTRUCTION_WINDOW), markers);
    if (joint !== null && beginsClause(tokens, { start, at, to, joint, lead, left, markers, isListItem })) {
      const end = endOfTrailingPriority(tokens, at, markers) ?? at;
      segments.push(classify(tokens, start, end, markers));
      start = end;
      left = null;
      at = Math.max(at, lead.core - 1);
    } else {
      if (left.kind === 'nothing') left = null; // too short to tell: look again with more of it
      at = Math.max(at, Math.min(lead.core, to) - 1);
    }
  }
  segments.push(classify(tokens, start, to, markers));
  return segments;
}

/** "Add a button, P2, and test it": a priority between two commas is that of the ask before, unless "and" came first. */
function endOfTrailingPriority(tokens: readonly Token[], at: number, markers: Markers): number | null {
  const marker = isPunct(tokens[at], ',') ? markers.get(at + 1) : undefined;
  const after = marker && tokens[marker.to];
  return marker && (isPunct(after, ',;') || /^(?:and|then|also|plus)$/.test(after?.lower ?? '')) ? marker.to : null;
}

function isJoint(token: Token | undefined): boolean {
  if (token?.kind === 'symbol') return true;
  if (isPunct(token, ',;—–-&→+:')) return true;
  return token?.kind === 'word' && /^(?:and|then|but|plus|also|afterwards|so|additionally)$/.test(token.lower);
}

function jointOf(tokens: readonly Token[], at: number, lead: Lead): Joint | null {
  const passed = tokens.slice(at, Math.min(lead.core, at + 12));
  if (passed.some((token) => token.kind === 'word' && SEQUEL_WORDS.has(token.lower))) return 'sequel';
  if (passed.some((token) => isPunct(token, ',;—–→:') || token.kind === 'symbol')) return 'comma';
  return passed.length > 0 ? 'and' : null;
}

interface Candidate {
  start: number;
  at: number;
  to: number;
  joint: Joint;
  lead: Lead;
  left: Segment;
  markers: Markers;
  isListItem: boolean;
}

function beginsClause(tokens: readonly Token[], candidate: Candidate): boolean {
  const { start, at, to, joint, lead, left, markers, isListItem } = candidate;
  const core = lead.core;
  if (core >= to) return false;
  if (isPunct(tokens[at], ':') && left.kind !== 'prohibition') return false;
  const opensSubordinate =
    OPENING_SUBORDINATORS.has(tokens[left.lead.core]?.lower ?? '') &&
    left.core === left.lead.core &&
    left.kind !== 'nothing' &&
    left.kind !== 'prohibition';
  if (opensSubordinate) return false;
  const isAskedFor =
    lead.kinds.has('request') ||
    lead.kinds.has('gerund') ||
    lead.kinds.has('need') ||
    tokens.slice(at, core).some((token) => token.lower === 'please' || token.lower === 'pls');
  const word = tokens[core]?.lower ?? '';
  if (joint === 'and' && !isAskedFor && joinsTwoVerbs(tokens, at, left.core, core)) return false;
  if (
    joint === 'and' &&
    !isAskedFor &&
    AMBIGUOUS_VERBS.has(word) &&
    tokens.slice(left.core + 1, at).some((token) => /^(?:if|when|whenever|unless)$/.test(token.lower))
  )
    return false;

  // "…, second thing, the mails say Beta": an ordinal between two commas counts things
  if (
    joint === 'sequel' &&
    isPunct(tokens[core - 1], ',:') &&
    tokens.slice(at, core).some((token) => ORDINALS.test(token.lower)) &&
    to - core > 2
  )
    return true;
  // "; the tests must still pass"
  if (
    isPunct(tokens[at], ';') &&
    tokens.slice(core + 1, core + 8).some((_, i) => DEMAND_MODALS.match(tokens, core + 1 + i))
  )
    return true;
  // ", it must keep its tests green", ", but don't touch the footer", "and make sure …", "and let me know"
  if (
    joint !== 'and' &&
    PRONOUNS.has(word) &&
    tokens.slice(core + 1, core + 4).some((_, i) => DEMAND_MODALS.match(tokens, core + 1 + i))
  )
    return true;
  if ((DEMANDS.match(tokens, core) || HAND_OVERS.match(tokens, core)) && left.kind !== 'prohibition') {
    return !hasOpenInfinitive(tokens, left, at) || joint === 'sequel' || HAND_OVERS.match(tokens, core) !== null;
  }
  if (!isAskedFor && !beginsInstruction(tokens, core, to, joint)) return false;
  if (isAskedFor && !lead.kinds.has('need') && !startsInstruction(tokens, core, to, true) && !lead.kinds.has('gerund'))
    return false;
  if (left.kind === 'aside' && lead.kinds.has('need')) return false;
  if (left.kind === 'nothing' || left.kind === 'priority' || left.kind === 'aside' || left.kind === 'prohibition')
    return true;
  if (left.kind === 'question') return joint !== 'and';
  if (left.kind === 'report' || left.kind === 'wish')
    return joint !== 'and' || isAskedFor || !AMBIGUOUS_VERBS.has(word);
  return isAnotherAsk(tokens, { start, at, to, joint, core, left, markers, isListItem, isAskedFor });
}

/** A verb in the place of an instruction. Words that may be nouns count only before a determiner or a literal. */
function beginsInstruction(tokens: readonly Token[], core: number, to: number, joint: Joint): boolean {
  const token = tokens[core];
  if (token?.kind !== 'word' || !VERBS.has(token.lower)) return false;
  const next = core + 1 < to ? tokens[core + 1] : undefined;
  if (!AMBIGUOUS_VERBS.has(token.lower)) return joint !== 'and' || isNaming(next);
  if (!isNaming(next)) return false;
  if (joint === 'sequel') return !PREPOSITIONS.has(next.lower) || next.lower === 'on';
  return (
    next.kind !== 'word' ||
    DETERMINERS.has(next.lower) ||
    /^[A-Z]/.test(next.text) ||
    (joint === 'comma' && !PREPOSITIONS.has(next.lower) && startsInstruction(tokens, core, to))
  );
}

interface AskCandidate extends Omit<Candidate, 'lead'> {
  core: number;
  isAskedFor: boolean;
}

/** Both sides are instructions: are they two asks, or two halves of one? */
function isAnotherAsk(
  tokens: readonly Token[],
  { start, at, to, joint, core, left, markers, isListItem, isAskedFor }: AskCandidate,
): boolean {
  if (
    joint !== 'sequel' &&
    !isAskedFor &&
    hasOpenInfinitive(tokens, left, at) &&
    !(joint === 'comma' && tokens[at + 1]?.lower === 'and')
  )
    return false;
  const right = classify(tokens, core, Math.min(to, core + INSTRUCTION_WINDOW), markers);
  const verb = tokens[core]?.lower ?? '';
  const isSameType = right.type === left.type;
  if (
    left.type !== 'code_change' &&
    left.type !== 'infra' &&
    REPORTING.has(verb) &&
    (dependsOnFormer(tokens, core, to) || /^(?:me|us)$/.test(tokens[core + 1]?.lower ?? ''))
  )
    return false;
  if (left.type === 'research' && joint !== 'sequel' && asksForOutcome(tokens, core, to)) return false;
  if (UPDATING.has(verb) && right.type === 'test' && left.type === 'code_change' && joint !== 'sequel') return false;
  const isLook = left.type === 'research' || /^(?:look|have|take|check|see)$/.test(left.instruction?.verb ?? '');
  if (isLook && FIX_VERBS.has(verb) && joint === 'and' && dependsOnFormer(tokens, core, to)) return false;
  if (
    left.type === 'review' &&
    EDITS.has(verb) &&
    joint === 'and' &&
    left.instruction !== null &&
    asksForDocument(left.instruction, [])
  )
    return false;
  if (dependsOnFormer(tokens, core, to)) return !isSameType && !(left.type === 'doc' && EDITS.has(verb));
  return isListItem && start === 0 ? !isSameType : true;
}

/** "… and write up a recommendation": what a piece of research ends with anyway. */
function asksForOutcome(tokens: readonly Token[], core: number, to: number): boolean {
  const object = tokens.slice(core + 1, Math.min(to, core + 8));
  const end = object.findIndex((token, i) => i > 1 && PREPOSITIONS.has(token.lower));
  return object.slice(0, end < 0 ? object.length : end).some((token) => OUTCOMES.has(singular(token.lower)));
}

/** "find and fix the bug", "the add and remove buttons" */
function joinsTwoVerbs(tokens: readonly Token[], at: number, leftCore: number, core: number): boolean {
  const before = tokens[at - 1];
  // "run npm audit and fix what it finds": the word before is the object
  if (at - 1 > leftCore + 1 && DETERMINERS.has(tokens[core + 1]?.lower ?? '')) return false;
  return before?.kind === 'word' && VERBS.has(before.lower) && !['up', 'down', 'out', 'off'].includes(before.lower);
}

/** "… to run the tests and deploy", "users can edit and delete": the new verb goes with the nearer one. */
function hasOpenInfinitive(tokens: readonly Token[], left: Segment, at: number): boolean {
  const from = Math.max(left.core + 1, at - 25);
  if (MAKES_OTHERS_ACT.has(tokens[left.core]?.lower ?? '')) return true;
  for (let i = from; i < at; i += 1) {
    const word = tokens[i]?.lower ?? '';
    const next = tokens[i + 1];
    const isVerbNext = next?.kind === 'word' && VERBS.has(next.lower);
    if (word === 'to' && isVerbNext && !isNounUse(tokens, i + 1)) return true;
    if (MODALS.has(word) && i + 1 < at) return true;
    if (MAKES_OTHERS_ACT.has(word)) return true;
  }
  return false;
}

/** "to test coverage", "to search results": nouns */
function isNounUse(tokens: readonly Token[], at: number): boolean {
  const next = tokens[at + 1];
  return AMBIGUOUS_VERBS.has(tokens[at]?.lower ?? '') && next?.kind === 'punct';
}

/** An object that only means something together with the ask before: "it", "what you find", "all callers". */
export function dependsOnFormer(tokens: readonly Token[], core: number, to: number): boolean {
  const rest = tokens.slice(core + 1, Math.min(to, core + 14));
  const named = rest.filter((token) => isNaming(token) && token.lower !== 'me' && token.lower !== 'us');
  const [first, second] = named;
  if (first === undefined || (named.length <= 2 && /^(?:why|how|so|again)$/.test(named.at(-1)?.lower ?? '')))
    return true;
  // "add some", "fix the typos there"
  if (named.length === 1 && /^(?:some|more|several|both|one|any)$/.test(first.lower)) return true;
  if (named.at(-1)?.lower === 'there' && named.length <= 4) return true;
  if (ANAPHORS.has(first.lower)) {
    // "this page", "all buttons": a thing of its own
    const isDeterminer = /^(?:this|that|these|those|all|its|their|same|so|there)$/.test(first.lower);
    const isFollowed =
      second !== undefined &&
      !PREPOSITIONS.has(second.lower) &&
      !['and', 'then', 'please', 'as', 'too', 'if', 'when', 'first', 'again', 'now'].includes(second.lower);
    if (!isDeterminer || !isFollowed || first.lower === 'its' || first.lower === 'their') return true;
    return DEPENDENT_NOUNS.has(singular(second.lower));
  }
  if (/^(?:up|down|out|on|off|away)$/.test(first.lower) && second !== undefined && ANAPHORS.has(second.lower))
    return true;
  if (
    first.lower === 'the' &&
    second !== undefined &&
    (second.lower === 'old' ||
      second.lower === 'rest' ||
      second.lower === 'others' ||
      second.lower === 'other' ||
      second.lower === 'existing')
  )
    return true;
  if (
    named
      .slice(0, 4)
      .some((token) => DEPENDENT_NOUNS.has(singular(token.lower)) && token.lower !== 'use' && token.lower !== 'call')
  )
    return true;
  return (
    named.some(
      (token, i) =>
        PREPOSITIONS.has(token.lower) &&
        ANAPHORS.has(named[i + 1]?.lower ?? '') &&
        (named[i + 2] === undefined || ['too', 'please', 'as', 'and'].includes(named[i + 2]?.lower ?? '')),
    ) || named.some((token) => token.lower === 'accordingly')
  );
}
