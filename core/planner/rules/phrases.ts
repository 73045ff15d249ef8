import type { Token } from './token.ts';

/** Finds the phrases of a vocabulary in tokens; the longest phrase at a place wins. */
export interface PhraseTable<T> {
  /** @returns how many tokens the phrase at `at` takes, and its value; null when none begins there */
  match(tokens: readonly Pick<Token, 'lower' | 'kind'>[], at: number): { length: number; value: T } | null;
}

/** @param rows phrases in lower case, their words parted by one space, with what they mean */
export function phraseTable<T>(rows: Iterable<readonly [phrase: string, value: T]>): PhraseTable<T> {
  const byFirstWord = new Map<string, { words: string[]; value: T }[]>();
  for (const [phrase, value] of rows) {
    const words = phrase.split(' ');
    const first = words[0] ?? '';
    const same = byFirstWord.get(first) ?? [];
    same.push({ words, value });
    byFirstWord.set(first, same);
  }
  for (const same of byFirstWord.values()) same.sort((a, b) => b.words.length - a.words.length);
  return {
    match(tokens, at) {
      const first = tokens[at];
      if (first === undefined || first.kind === 'quote' || first.kind === 'code') return null;
      const hit = byFirstWord
        .get(first.lower)
        ?.find(({ words }) => words.every((word, i) => tokens[at + i]?.lower === word));
      return hit ? { length: hit.words.length, value: hit.value } : null;
    },
  };
}

/** A table of phrases that all mean the same. */
export function phraseSet(phrases: string): PhraseTable<true> {
  return phraseTable(listOf(phrases).map((phrase) => [phrase, true] as const));
}

/** Reads a vocabulary written as text: phrases parted by commas or new lines. */
export function listOf(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((phrase) => phrase.trim())
    .filter((phrase) => phrase !== '');
}
