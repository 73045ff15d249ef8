import { isNaming } from './token.ts';
import { tokenize } from './tokens.ts';
import { OTHER_LANGUAGES } from './words/other-languages.ts';
import { DETERMINERS, FINITE, MODALS, NOUN_PHRASE_ENDS, PREPOSITIONS } from './words/statements.ts';
import { VERBS } from './words/verbs.ts';

/** Letters with marks, which English has in a few borrowed words. */
const NOT_ENGLISH = /[^\x00-\x7f]/;
const LETTERS = /\p{L}/gu;
const LATIN = /\p{Script=Latin}/gu;
// Fewer words are a greeting, or a name.
const LEAST_WORDS = 3;
const LEAST_LETTERS = 8;

/**
 * Whether a message is in a language that the rules do not know; they know English. Told by its script, or by small words of other
 * languages where there are none of English.
 */
export function isOtherLanguage(text: string): boolean {
  const letters = count(text, LETTERS);
  if (letters >= LEAST_LETTERS && count(text, LATIN) * 2 < letters) return true;
  const words = tokenize(text)
    .filter((token) => isNaming(token) && token.kind === 'word')
    .map(({ lower }) => lower);
  if (words.length < LEAST_WORDS) return false;
  const other = words.filter((word) => OTHER_LANGUAGES.has(word) || NOT_ENGLISH.test(word)).length;
  return other > 0 && other > words.filter(isEnglish).length;
}

/** A small word of English, or the verb of an instruction. */
function isEnglish(word: string): boolean {
  if (OTHER_LANGUAGES.has(word)) return false;
  return [DETERMINERS, FINITE, MODALS, NOUN_PHRASE_ENDS, PREPOSITIONS, VERBS].some((known) => known.has(word));
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}
