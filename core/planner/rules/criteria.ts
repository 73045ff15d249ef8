import { cutText } from '#contract/cut-text.ts';
import { MAX_CRITERION_CHARS } from '#contract/limits.ts';
import { isPunct } from './token.ts';
import type { Token } from './token.ts';
import { phraseSet } from './phrases.ts';
import { DEMAND_MODALS } from './words/statements.ts';

/** What inside an ask says how its result is judged: "so that …", "such that …", "without …", "'a' should be 'b'". */
const OPENINGS = phraseSet(
  'so that, such that, in a way that, without breaking, without changing, without touching, without losing, until it, provided that, as long as',
);

const CLAUSE_END = ';.!?';

/** The demands that an ask's own clause holds. */
export function demandsWithin(text: string, clause: readonly Token[]): string[] {
  const found: string[] = [];
  for (let at = 0; at < clause.length; at += 1) {
    const opening = OPENINGS.match(clause, at);
    if (opening !== null) {
      const isResult =
        clause[at]?.lower === 'so' ||
        clause[at]?.lower === 'such' ||
        clause[at]?.lower === 'in' ||
        clause[at]?.lower === 'provided';
      const end = clauseEnd(clause, at);
      found.push(trimClause(text, clause.slice(isResult ? at + opening.length : at, end)));
      at = end;
    } else if (isPunct(clause[at], ':;') && demandFollows(clause, at + 1)) {
      const end = clauseEnd(clause, at + 1);
      found.push(trimClause(text, clause.slice(at + 1, end)));
      at = end;
    }
  }
  return found.filter((criterion) => criterion !== '');
}

/** A clause's words as they stand, without the marks around them. */
export function trimClause(text: string, clause: readonly Token[]): string {
  let from = 0;
  let to = clause.length;
  while (from < to && isMark(clause[from])) from += 1;
  while (to > from && isMark(clause[to - 1])) to -= 1;
  const first = clause[from];
  const last = clause[to - 1];
  if (first === undefined || last === undefined) return '';
  const words = text
    .slice(first.start, last.end)
    .replace(/\s+/g, ' ')
    .replace(/^(?:but|and) /i, '')
    .trim();
  return cutText(words, MAX_CRITERION_CHARS, '…');
}

function isMark(token: Token | undefined): boolean {
  return token?.kind === 'symbol' || isPunct(token, ',;:.!…—–-*_&→');
}

function clauseEnd(clause: readonly Token[], from: number): number {
  let end = from;
  while (end < clause.length && !isPunct(clause[end], CLAUSE_END)) end += 1;
  return end;
}

function demandFollows(clause: readonly Token[], from: number): boolean {
  for (let at = from; at < Math.min(clause.length, from + 12); at += 1) {
    if (isPunct(clause[at], CLAUSE_END)) return false;
    if (DEMAND_MODALS.match(clause, at) !== null) return true;
  }
  return false;
}
