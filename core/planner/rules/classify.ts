import type { TaskType } from '#contract/enums.ts';
import { readInstruction } from './instruction.ts';
import type { Instruction } from './instruction.ts';
import { namesDocument, typeOfInstruction, typeOfStatement } from './intent.ts';
import { readLead } from './lead.ts';
import type { Lead } from './lead.ts';
import type { PriorityMarker } from './markers.ts';
import { pathsIn } from './paths.ts';
import { phraseSet, phraseTable } from './phrases.ts';
import { isQuestion, isStatusQuestion, isStatusRequest } from './questions.ts';
import { singular, topicTable, topicWords } from './topics.ts';
import { isNaming, isPunct } from './token.ts';
import type { Token } from './token.ts';
import * as small from './words/small-talk.ts';
import * as words from './words/statements.ts';
import * as topics from './words/topics.ts';
import {
  AMBIGUOUS_VERBS,
  DEMAND_VERBS,
  HAND_OVER,
  PROHIBITIONS,
  VERB_PAIRS,
  VERBS,
  verbOfGerund,
} from './words/verbs.ts';

/**
 * ask: something to be done; report: something is wrong; wish: something should be so; question: about the product;
 * demand: what the result must keep to; prohibition: what must not be done; priority: nothing but how urgent it is;
 * aside: background; nothing: small talk, questions of status, orders to the control plane, how to hand over.
 */
export type SegmentKind =
  'ask' | 'report' | 'wish' | 'question' | 'demand' | 'prohibition' | 'priority' | 'aside' | 'nothing';

export interface Segment {
  kind: SegmentKind;
  from: number;
  to: number;
  lead: Lead;
  /** First token of what is said, after the lead. */
  core: number;
  instruction: Instruction | null;
  type: TaskType;
  /** Said once in front of an enumeration: "Fix login (p1), dark mode (p5)". */
  sharedVerb?: string;
  /** One of the things that were counted out: never a part of the one before. */
  isCounted?: boolean;
}

/** What stands below, or behind the colon, says how the result is judged. */
export const CRITERIA_HEADING =
  /^(?:acceptance criteria|acceptance|criteria|ac|done when|definition of done|dod|requirements?|constraints?|conditions|rules|it (?:must|should)|they (?:must|should)|must|should|expected(?: behaviou?r| result)?|make sure(?: that)?|ensure)$/;
/** … is background. */
export const CONTEXT_HEADING =
  /^(?:notes?|context|background|details?|fyi|info|information|steps to reproduce|reproduction|repro|to reproduce|actual(?: behaviou?r| result)?|environment|logs?|stack trace|error|output|examples?|links?|see also|ps|p\.s\.|hints?|references?|why|reason)$/;

const DEMANDS = phraseSet(DEMAND_VERBS.join(','));
const HAND_OVERS = phraseTable(HAND_OVER.map((phrase) => [phrase, phrase.includes(' ')] as const));
const HAND_OVER_OBJECTS: ReadonlySet<string> = new Set([
  'it',
  'that',
  'this',
  'everything',
  'the',
  'your',
  'all',
  'to',
  'when',
  'once',
  'and',
  'them',
  'changes',
]);
const ANY_TOPIC = topicTable([
  ...topics.FRONTEND_TOPICS,
  ...topics.BACKEND_TOPICS,
  ...topics.INFRA_TOPICS,
  ...topics.DOC_TOPICS,
  ...topics.TEST_TOPICS,
]);
// Long enough for every rule that looks ahead, short enough that many clauses in one sentence cost no more than their sum.
export const INSTRUCTION_WINDOW = 60;

/** Says what one clause is for. */
export function classify(
  tokens: readonly Token[],
  from: number,
  to: number,
  markers: ReadonlyMap<number, PriorityMarker>,
): Segment {
  const lead = readLead(tokens, from, to, markers);
  const make = (kind: SegmentKind, rest: Partial<Segment> = {}): Segment => ({
    kind,
    from,
    to,
    lead,
    core: lead.core,
    instruction: null,
    type: 'code_change',
    ...rest,
  });
  const said = tokens.slice(lead.core, to);
  const named = said.filter((token, i) => isNaming(token) && !isInMarker(lead.core + i, markers));
  if (named.length === 0 || (markersIn(from, to, markers) && onlyCopulas(named)))
    return make(markersIn(from, to, markers) ? 'priority' : 'nothing');
  if (
    isSmallTalk(tokens.slice(from, to)) ||
    isSmallTalk(said) ||
    small.SMALL_TALK_OPENINGS.match(tokens, lead.core) ||
    isPraise(tokens, from) ||
    isControl(said)
  )
    return make('nothing');
  const heading = headingOf(said);
  if (heading !== null && CONTEXT_HEADING.test(heading.label)) return make('aside');
  if (heading !== null && CRITERIA_HEADING.test(heading.label))
    return make('demand', { core: lead.core + heading.length });
  if (isHandOver(tokens, lead.core, to)) return make('nothing');
  if (isProhibition(tokens, lead.core)) return make('prohibition');
  if (isStatusRequest(said)) return make('nothing');

  const paths = pathsIn(said.slice(0, INSTRUCTION_WINDOW));
  const asAsk = (at: number, verb?: string): Segment => {
    const instruction = readInstruction(tokens, at, Math.min(to, at + INSTRUCTION_WINDOW), verb);
    const type = lead.type ?? typeOfInstruction(instruction, paths);
    // "Readme: add a badge"
    if (type === 'code_change' && at > lead.core + 1 && namesDocument(tokens.slice(lead.core, at - 1)))
      return make('ask', { core: at, instruction, type: 'doc' });
    return make('ask', { core: at, instruction, type });
  };
  if (lead.kinds.has('need'))
    return named.some((token) => small.SOCIAL_WORDS.has(token.lower)) ? make('nothing') : asAsk(lead.core, 'need');
  if (/^(?:never|always)$/.test(said[0]?.lower ?? '') && VERBS.has(said[1]?.lower ?? ''))
    return { ...asAsk(lead.core + 1), kind: 'demand', core: lead.core };
  if (
    lead.kinds.has('request') &&
    /^(?:have|get)$/.test(said[0]?.lower ?? '') &&
    /^(?:a|an|some|the|more)$/.test(said[1]?.lower ?? '') &&
    !/^(?:look|overview)$/.test(said[2]?.lower ?? '')
  )
    return asAsk(lead.core + 1, 'need');
  const at = instructionStart(tokens, lead, to, markers);
  if (at !== null) {
    if (DEMANDS.match(tokens, at) && at === lead.core && lead.kinds.has('sequel') === false)
      return { ...asAsk(at), kind: 'demand' };
    return asAsk(at);
  }
  // "Could the board refresh by itself?"
  if (said[0]?.lower === 'could' && words.DETERMINERS.has(said[1]?.lower ?? '') && namesTopic(said))
    return make('wish', { type: typeOfStatement(said.slice(1), paths) });
  if (isQuestion(said) || isPunct(tokens[to - 1], '?')) {
    const asked = tokens.slice(from, to);
    // A question mark alone makes no question: it must ask for something, or be about the trade.
    const opens = [said, asked].some(
      (part) =>
        words.QUESTION_OPENERS.has(part.find(isNaming)?.lower ?? '') ||
        /^(?:wdyt|thoughts|opinions|ideas)$/.test(part.find(isNaming)?.lower ?? ''),
    );
    const isAboutNothing = !opens && !namesTopic(said) && paths.length === 0;
    return isAboutNothing || isStatusQuestion(asked) || isStatusQuestion(said)
      ? make('nothing')
      : make('question', { type: 'research' });
  }
  return statement(tokens, lead, to, make, paths, markersIn(from, to, markers));
}

function statement(
  tokens: readonly Token[],
  lead: Lead,
  to: number,
  make: (kind: SegmentKind, rest?: Partial<Segment>) => Segment,
  paths: readonly string[],
  hasPriority: boolean,
): Segment {
  const said = tokens.slice(lead.core, to);
  const first = said[0]?.lower ?? '';
  if (said.some((token) => small.SOCIAL_WORDS.has(token.lower)) && paths.length === 0) return make('nothing');
  if (/^(?:sorry|oops|whoops|ups|my)$/.test(tokens[lead.from]?.lower ?? '') && !namesTopic(said) && paths.length === 0)
    return make('nothing');
  const type = lead.type ?? typeOfStatement(said, paths);
  const isFirstPerson = words.FIRST_PERSON.has(first);
  // "It should answer 429" demands; "The list is empty, it should show three rows" reports.
  const isTrouble = hasTrouble(said) && !demandsFirst(said);
  if (
    isTrouble &&
    (!isFirstPerson || words.ENCOUNTERS.has(said[1]?.lower ?? '') || first === "i'm" || first === "we're")
  )
    return make('report', { type });
  // Somebody met it: worth telling only because something is wrong with it.
  if (lead.kinds.has('report') && !isFirstPerson && !said.some((token) => words.GOOD_NEWS.has(token.lower)))
    return make('report', { type });
  // "Also, the mails still say Beta": one more of what was said before
  if (
    lead.kinds.has('sequel') &&
    !tokens
      .slice(lead.core - 3 < 0 ? 0 : lead.core - 3, lead.core)
      .some((token) => /^(?:then|next|later|after)$/.test(token.lower)) &&
    tellsOfProduct(said)
  )
    return make('report', { type });
  if (words.WISHES.match(said, 0) || (!isFirstPerson && hasDemandModal(said))) return make('wish', { type });
  if (
    hasPriority &&
    !isFirstPerson &&
    said.filter(isNaming).length > 2 &&
    said.some(
      (token) =>
        words.STATES.has(token.lower) || (words.DETERMINERS.has(said[0]?.lower ?? '') && /[a-z]s$/.test(token.lower)),
    ) &&
    !isUnknownInstruction(said)
  )
    return make('report', { type });
  if (isFirstPerson) return make('aside', { type });
  if (isUnknownInstruction(said) || isBareName(said, lead, paths, hasPriority)) {
    const verb = isUnknownInstruction(said) ? undefined : 'need';
    const instruction = readInstruction(tokens, lead.core, Math.min(to, lead.core + INSTRUCTION_WINDOW), verb);
    return make('ask', { instruction, type: typeOfInstruction(instruction, paths) });
  }
  return make('aside', { type });
}

/**
 * Where the instruction begins: at the core, or behind "when the user clicks save,", "in web/a.tsx," or "login page:".
 */
function instructionStart(
  tokens: readonly Token[],
  lead: Lead,
  to: number,
  markers: ReadonlyMap<number, PriorityMarker>,
): number | null {
  if (lead.kinds.has('gerund')) return lead.core;
  const isPolite = tokens
    .slice(Math.max(lead.core - 2, 0), lead.core)
    .some((token) => /^(?:please|pls|plz|kindly)$/.test(token.lower));
  const isDirect = startsInstruction(tokens, lead.core, to, lead.kinds.has('request') || isPolite);
  const opensSubordinate = words.OPENING_SUBORDINATORS.has(tokens[lead.core]?.lower ?? '');
  const last = Math.min(to, lead.core + 40);
  for (let i = lead.core + 1; i < last; i += 1) {
    const isColon =
      isPunct(tokens[i], ':') && i - lead.core <= 10 && (!isDirect || announcesMore(tokens, lead.core, i));
    if (!isColon && !(opensSubordinate && isPunct(tokens[i], ','))) continue;
    const inner = readLead(tokens, i + 1, to, markers);
    if (inner.kinds.has('gerund') || startsInstruction(tokens, inner.core, to, true)) return inner.core;
  }
  if (isDirect) return lead.core;
  return null;
}

/** "Acceptance criteria: …": the words before the colon, and how many tokens they take with it. */
function headingOf(said: readonly Token[]): { label: string; length: number } | null {
  const colon = said.slice(0, 5).findIndex((token) => isPunct(token, ':'));
  return colon < 1 || colon === said.length - 1
    ? null
    : {
        label: said
          .slice(0, colon)
          .filter(isNaming)
          .map((token) => token.lower)
          .join(' '),
        length: colon + 1,
      };
}

/** "do the following", "fix these bugs": an instruction whose object is still to come. */
export function announcesMore(tokens: readonly Token[], from: number, to: number): boolean {
  const { object } = readInstruction(tokens, from, to);
  return object.tokens.length === 0 || words.GENERIC_OBJECTS.has(singular(object.head?.lower ?? ''));
}

/** Whether the words from `at` on tell somebody to do something. */
export function startsInstruction(tokens: readonly Token[], at: number, to: number, isAskedFor = false): boolean {
  const token = tokens[at];
  if (token?.kind !== 'word' || at >= to) return false;
  if (/^(?:do|conduct|carry)$/.test(token.lower) && /^(?:a|an|the|some|out)$/.test(tokens[at + 1]?.lower ?? ''))
    return true;
  if (
    /^(?:have|take|give)$/.test(token.lower) &&
    tokens
      .slice(at + 1, at + 4)
      .some((word) => word.lower === 'look' || word.lower === 'feedback' || word.lower === 'overview')
  )
    return true;
  const pair = VERB_PAIRS.match(tokens, at);
  if (pair && !VERBS.has(token.lower)) {
    const object = tokens[at + pair.length];
    return isNaming(object) && (object.kind !== 'word' || words.DETERMINERS.has(object.lower));
  }
  if (!VERBS.has(token.lower)) return false;
  const next = at + 1 < to ? tokens[at + 1] : undefined;
  if (!AMBIGUOUS_VERBS.has(token.lower)) return !words.STATES.has(next?.lower ?? '');
  if (isAskedFor) return true;
  if (next === undefined || isPunct(next, ':')) return false;
  // "Search results are empty", "Upload fails on Safari": a subject and its verb
  for (let i = at + 1; i < Math.min(to, at + 6); i += 1) {
    const word = tokens[i]?.lower ?? '';
    if (words.STATES.has(word)) return false;
    if (words.DETERMINERS.has(word) || words.PREPOSITIONS.has(word) || tokens[i]?.kind !== 'word') return true;
  }
  return true;
}

/** "Memoize the selector": a verb that no list has, told by the determiner behind it. */
function isUnknownInstruction(said: readonly Token[]): boolean {
  const [first, second] = said;
  if (first?.kind !== 'word' || second === undefined || !/^[a-z-]{3,}$/.test(first.lower)) return false;
  if (/(?:ly|s|ed)$/.test(first.lower) && !/ss$/.test(first.lower)) return false;
  if (
    [
      words.OPENING_ADVERBS,
      words.NOUN_PHRASE_ENDS,
      words.PRONOUNS,
      words.FINITE,
      words.DETERMINERS,
      small.SMALL_TALK_WORDS,
      words.SUBORDINATORS,
    ].some((set) => set.has(first.lower))
  )
    return false;
  return (
    /^(?:the|a|an|all|every|each|my|our|these|this|both)$/.test(second.lower) ||
    second.kind === 'path' ||
    second.kind === 'code' ||
    /(?:i[sz]e|ify)$/.test(first.lower)
  );
}

/** "dark mode for the settings page": no verb, but something that could be made. */
function isBareName(said: readonly Token[], lead: Lead, paths: readonly string[], hasPriority: boolean): boolean {
  if (
    words.OPENING_SUBORDINATORS.has(said[0]?.lower ?? '') ||
    said.length > 25 ||
    said.some((token) => words.STATES.has(token.lower) || words.FINITE.has(token.lower))
  )
    return false;
  const isForProduct = said.some(
    (token, i) =>
      i > 0 &&
      words.PREPOSITIONS.has(token.lower) &&
      topicWords(said.slice(i + 1, i + 4)).some((word) => topics.PRODUCT_NOUNS.has(word)),
  );
  const hasThing = paths.length > 0 || namesTopic(said) || isForProduct;
  return (hasThing || hasPriority || lead.kinds.has('prefix')) && said.filter(isNaming).length >= 2;
}

/** Whether any word of the trade occurs. */
export function namesTopic(said: readonly Token[]): boolean {
  return ANY_TOPIC.find(topicWords(said)).length > 0;
}

/** "The docs say port 8080", "deleting a project leaves its runs behind": a statement about the product, without praise. */
export function tellsOfProduct(said: readonly Token[]): boolean {
  const names = said.filter(isNaming).map((token) => token.lower);
  const verbAt = names.findIndex((word, i) => i > 0 && words.STATES.has(word));
  // "Anna will look at the API", "the deploy took a while": plans and the past are no complaint
  if (/^(?:will|would|may|might|was|were|had|did|went|came|took|worked|succeeded|happened)$/.test(names[verbAt] ?? ''))
    return false;
  if (verbAt < 0 || words.FIRST_PERSON.has(names[0] ?? '') || words.PRONOUNS.has(names[0] ?? '')) return false;
  const isAboutProduct =
    namesTopic(said) ||
    (names.slice(0, verbAt).some((word) => topics.PRODUCT_NOUNS.has(singular(word))) &&
      !names.some((word) => words.WORK_STATES.has(word)));
  return isAboutProduct && !names.some((word) => words.GOOD_NEWS.has(word) || small.SOCIAL_WORDS.has(word));
}

export function hasTrouble(said: readonly Token[]): boolean {
  return said.some(
    (token, i) =>
      i < INSTRUCTION_WINDOW &&
      (words.TROUBLE.match(said, i) !== null ||
        (token.lower === 'too' && said[i + 1]?.kind === 'word') ||
        // "The pods keep getting killed"
        (i > 0 && /^keeps?$/.test(token.lower) && /ing$/.test(said[i + 1]?.lower ?? '')) ||
        reachesOthers(said, i)),
  );
}

/** "Users can see other users' recordings", "guests are able to open each other's files": more than they should. */
function reachesOthers(said: readonly Token[], at: number): boolean {
  const isAble = /^(?:can|could)$/.test(said[at]?.lower ?? '') || said[at]?.lower === 'able';
  if (!isAble || at === 0 || words.FIRST_PERSON.has(said[0]?.lower ?? '') || words.PRONOUNS.has(said[0]?.lower ?? ''))
    return false;
  return said
    .slice(at + 1, at + 9)
    .some(
      ({ lower }, i, after) =>
        /^(?:others|someone|somebody|anyone|anybody|everyone|everybody)(?:'s?|s')?$/.test(lower) ||
        (/^(?:other|another|different|foreign)$/.test(lower) &&
          /(?:s'|'s)$|^(?:user|customer|tenant|account|organi[sz]ation|company|person|people|member|guest|client|team|project)/.test(
            after[i + 1]?.lower ?? '',
          )) ||
        /^other's$/.test(lower),
    );
}

function demandsFirst(said: readonly Token[]): boolean {
  const modalAt = said.findIndex((_, i) => words.DEMAND_MODALS.match(said, i) !== null);
  return modalAt >= 0 && modalAt < said.findIndex((_, i) => words.TROUBLE.match(said, i) !== null);
}

export function hasDemandModal(said: readonly Token[]): boolean {
  return said.some((_, i) => i < 25 && words.DEMAND_MODALS.match(said, i) !== null);
}

export function isSmallTalk(tokens: readonly Token[]): boolean {
  const named = tokens.filter(isNaming);
  return (
    named.length <= 14 &&
    named.every(
      (token) =>
        token.kind === 'word' &&
        (small.SMALL_TALK_WORDS.has(token.lower) ||
          (named.length === 1 && token.lower.startsWith('test')) ||
          /^(?:ha|he|lo|hm|no|ye|so)+[a-z]?$/.test(token.lower.slice(0, 20))),
    )
  );
}

/** "Excellent work on the board", "nice catch" */
function isPraise(tokens: readonly Token[], from: number): boolean {
  let at = from;
  while (isPunct(tokens[at], ',;.!') || /^(?:and|very|really|that's|thats|a|is)$/.test(tokens[at]?.lower ?? ''))
    at += 1;
  return small.PRAISE.has(tokens[at]?.lower ?? '') && small.PRAISED.has(tokens[at + 1]?.lower ?? '');
}

/** "stop", "cancel that", "retry the last run", "approve task 3" */
function isControl(said: readonly Token[]): boolean {
  const named = said.filter(isNaming);
  const first = named[0]?.lower ?? '';
  if (!small.CONTROL_VERBS.has(first) || named.length > 9) return false;
  const rest = named.slice(1);
  return rest.every(
    (token) =>
      token.kind === 'word' &&
      (small.CONTROL_OBJECTS.has(token.lower) || small.CONTROL_BESIDE.has(token.lower) || /^#?\d+$/.test(token.lower)),
  );
}

function isHandOver(tokens: readonly Token[], at: number, to: number): boolean {
  const hit = HAND_OVERS.match(tokens, at);
  if (!hit) return false;
  const next = at + hit.length < to ? tokens[at + hit.length] : undefined;
  return hit.value
    ? !isNaming(next) || !/^(?:template|button|page)s?$/.test(next.lower)
    : !isNaming(next) ||
        (HAND_OVER_OBJECTS.has(next.lower) && !/^(?:image|images|button)$/.test(tokens[at + 2]?.lower ?? ''));
}

function isProhibition(tokens: readonly Token[], at: number): boolean {
  const word = tokens[at]?.lower ?? '';
  const next = tokens[at + 1]?.lower ?? '';
  return (
    (PROHIBITIONS.has(word) && (next === 'do' || !words.FINITE.has(next))) ||
    (word === 'do' && next === 'not') ||
    (word === 'no' && next === 'need') ||
    (word === 'without' && verbOfGerund(next) !== null) ||
    (word === 'not' && VERBS.has(next)) ||
    (word === 'hold' && next === 'off')
  );
}

const COPULA_WORDS: ReadonlySet<string> = new Set(
  "this that it it's that's is are these those them they all both everything of with at as the a very really please and for have has be treat handle do consider mark now set one ones them each task tasks item items same to here make should its his her above thing things there's there but so pls thanks thank you my your me prio priority".split(
    ' ',
  ),
);
function onlyCopulas(named: readonly Token[]): boolean {
  return named.every((token) => COPULA_WORDS.has(token.lower));
}

function isInMarker(index: number, markers: ReadonlyMap<number, PriorityMarker>): boolean {
  for (let from = index; from >= Math.max(0, index - 8); from -= 1) {
    const marker = markers.get(from);
    if (marker) return index < marker.to;
  }
  return false;
}

function markersIn(from: number, to: number, markers: ReadonlyMap<number, PriorityMarker>): boolean {
  for (const at of markers.keys()) if (at >= from && at < to) return true;
  return false;
}
