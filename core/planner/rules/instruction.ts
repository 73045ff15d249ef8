import { isNaming } from './token.ts';
import type { Token } from './token.ts';
import { DETERMINERS, NOUN_PHRASE_ENDS, PREPOSITIONS, SUBORDINATORS } from './words/statements.ts';
import { VERBS, verbOfGerund } from './words/verbs.ts';

/** A noun phrase: "the failing test". Its head is its last word, which says what it is. */
export interface NounPhrase {
  tokens: Token[];
  head: Token | null;
}

/** The parts of an instruction's main clause: what to do, to what, and where. */
export interface Instruction {
  verb: string;
  object: NounPhrase;
  places: { preposition: string; phrase: NounPhrase }[];
  /** The main clause, without what follows "that", "so", "when" … */
  main: Token[];
  /** Everything from the verb on. */
  all: Token[];
}

const PARTICLES: ReadonlySet<string> = new Set(['up', 'down', 'out', 'off', 'over', 'back', 'on', 'away', 'through']);
const TRAILING_ADVERBS: ReadonlySet<string> = new Set([
  'first',
  'now',
  'again',
  'please',
  'pls',
  'too',
  'also',
  'today',
  'tomorrow',
  'soon',
  'quickly',
  'then',
  'there',
  'here',
  'accordingly',
  'properly',
  'asap',
  'and',
]);
const SENTENCE_MARKS = '.;:!?—–-';

/** @param at index of the verb; for the name of something wanted ("we need a dark mode") of its first word, with `verb` given */
export function readInstruction(tokens: readonly Token[], at: number, to: number, verb?: string): Instruction {
  const first = tokens[at]?.lower ?? '';
  const all = tokens.slice(at, to);
  let end = at + 1;
  while (end < to && !endsMainClause(tokens, end, at)) end += 1;
  const main = tokens.slice(at, end);
  let next = verb === undefined ? 1 : 0;
  // "find and fix the bug": the object belongs to both
  while (main[next]?.lower === 'and' || (next > 1 && main[next - 1]?.lower === 'and')) next += 1;
  if (PARTICLES.has(main[next]?.lower ?? '')) next += 1;
  const object = readPhrase(main, next);
  const places: Instruction['places'] = [];
  for (let i = next + object.tokens.length; i < main.length; i += 1) {
    const word = main[i]?.lower ?? '';
    if (!PREPOSITIONS.has(word)) continue;
    const phrase = readPhrase(main, i + 1);
    places.push({ preposition: word, phrase });
    i += phrase.tokens.length;
  }
  return { verb: verb ?? verbOfGerund(first) ?? first, object, places, main, all };
}

function endsMainClause(tokens: readonly Token[], at: number, verbAt: number): boolean {
  const token = tokens[at];
  if (token?.kind === 'punct') return SENTENCE_MARKS.includes(token.text);
  if (token === undefined || !SUBORDINATORS.has(token.lower)) return false;
  // "check that …", "find out why …": the clause is the object
  return at > verbAt + 1;
}

function readPhrase(tokens: readonly Token[], from: number): NounPhrase {
  let end = from;
  while (
    end < tokens.length &&
    !joinsInstruction(tokens, end) &&
    !(tokens[end]?.kind === 'punct' && !')['.includes(tokens[end]?.text ?? '')) &&
    !NOUN_PHRASE_ENDS.has(tokens[end]?.lower ?? '')
  )
    end += 1;
  while (end > from && TRAILING_ADVERBS.has(tokens[end - 1]?.lower ?? '')) end -= 1;
  const phrase = tokens.slice(from, end);
  return { tokens: phrase, head: phrase.findLast((token) => isNaming(token)) ?? null };
}

/** "… and link it to the changelog": another instruction, not more of the phrase. */
function joinsInstruction(tokens: readonly Token[], at: number): boolean {
  return (
    tokens[at]?.lower === 'and' &&
    VERBS.has(tokens[at + 1]?.lower ?? '') &&
    DETERMINERS.has(tokens[at + 2]?.lower ?? '')
  );
}
