import { cutStart } from '#contract/cut-text.ts';

export const MAX_QUESTION_CHARS = 400;
/** What may stand behind a question mark: the end of a quotation, or of a word in bold. */
const ASKS = /[?？؟][\s*_`"'”’»)\]]*$/u;
const ITEM = /^\s*(?:[-*•]|\d+[.)])\s+/u;

/**
 * What an agent asks a person in its last words: its last paragraph if that ends with a question, with the question before a
 * list of answers to choose from.
 * @returns null: it asks nothing
 */
export function questionOf(summary: string | null): string | null {
  const paragraphs = paragraphsOf(summary ?? '');
  const last = paragraphs.at(-1);
  if (last === undefined) return null;
  if (ASKS.test(last)) return short(last);
  // "Which one?", and then what there is to choose from.
  const lines = last.split('\n');
  const items = lines.filter((line) => ITEM.test(line)).length;
  const [first = ''] = lines;
  if (items > 0 && items === lines.length - 1 && ASKS.test(first)) return short(last);
  const before = paragraphs.at(-2);
  return items > 0 && items === lines.length && before !== undefined && ASKS.test(before)
    ? short(`${before}\n${last}`)
    : null;
}

/** Without code: what ends with a question mark there asks nobody. */
function paragraphsOf(text: string): string[] {
  const isCode = text.trimEnd().endsWith('```');
  return isCode
    ? []
    : text
        .split(/\n\s*\n/)
        .map((paragraph) => paragraph.trim())
        .filter((paragraph) => paragraph !== '');
}

/** The end of it: what is asked stands last. */
function short(text: string): string {
  return text.length <= MAX_QUESTION_CHARS ? text : `…${cutStart(text, MAX_QUESTION_CHARS - 1)}`;
}
