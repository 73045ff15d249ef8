import { listOf } from './phrases.ts';
import type { Token } from './token.ts';

export interface TopicHit {
  phrase: string;
  /** Which of the words it begins with, and how many it takes. */
  at: number;
  length: number;
}

/** Finds the phrases of a vocabulary whatever their number and hyphens. */
export interface TopicTable {
  /** The phrases that occur, each as often as it does, in order. */
  find(words: readonly string[]): TopicHit[];
}

export function topicTable(phrases: readonly string[]): TopicTable {
  const byFirstWord = new Map<string, string[][]>();
  for (const phrase of phrases) {
    const words = normalizedWords(phrase);
    const first = words[0] ?? '';
    byFirstWord.set(first, [...(byFirstWord.get(first) ?? []), words]);
  }
  for (const same of byFirstWord.values()) same.sort((a, b) => b.length - a.length);
  return {
    find(words) {
      const found: TopicHit[] = [];
      for (let at = 0; at < words.length; at += 1) {
        const hit = byFirstWord
          .get(words[at] ?? '')
          ?.find((phrase) => phrase.every((word, i) => words[at + i] === word));
        if (!hit) continue;
        found.push({ phrase: hit.join(' '), at, length: hit.length });
        at += hit.length - 1;
      }
      return found;
    },
  };
}

/** Hits that no longer phrase of the other table covers: in "cache header" there is no page header. */
export function uncovered(hits: readonly TopicHit[], rivals: readonly TopicHit[]): TopicHit[] {
  return hits.filter(
    ({ at, length }) =>
      !rivals.some((rival) => rival.length > length && rival.at <= at && rival.at + rival.length >= at + length),
  );
}

/** Words of prose in the singular, hyphens opened; what stands in quotes, code and addresses is left out. */
export function topicWords(tokens: readonly Token[]): string[] {
  return tokens.flatMap((token) =>
    token.kind === 'word' ? normalizedWords(token.lower) : token.kind === 'path' ? [token.lower] : [],
  );
}

function normalizedWords(text: string): string[] {
  return text
    .split(/[\s-]+/)
    .filter((word) => word !== '')
    .map(singular);
}

const UNCHANGED: ReadonlySet<string> = new Set(
  listOf(
    'css, dns, tls, aws, k8s, ios, js, https, apis, status, redis, kubernetes, alias, canvas, focus, process, access, address, sass, less, js, nodejs, jenkins, prometheus, docs, always, has, is, was, this, its',
  ),
);

export function singular(word: string): string {
  if (word.length < 4 || !word.endsWith('s') || word.endsWith('ss') || UNCHANGED.has(word))
    return word === 'docs' ? 'doc' : word === 'apis' ? 'api' : word;
  if (word.endsWith("'s")) return word.slice(0, -2);
  if (word.endsWith('ies') && word.length > 4) return `${word.slice(0, -3)}y`;
  if (/(?:x|ch|sh|ss)es$/.test(word)) return word.slice(0, -2);
  return word.slice(0, -1);
}
