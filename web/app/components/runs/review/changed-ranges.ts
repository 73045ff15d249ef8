import { diffWordsWithSpace } from 'diff';
import type { CodeToken } from './highlight-lines.ts';
import type { DiffLine } from './parse-diff.ts';

/** From and to, in characters of the line. */
export type Range = [number, number];

/** Longer lines are compared as wholes. */
const MAX_CHARS = 1_000;
/** When less than this stays the same, the lines are different, not changed. */
const MIN_COMMON_SHARE = 0.3;

/** Finds, in lines that were replaced one for one, the words that changed. */
export function changedRanges(lines: readonly DiffLine[]): Map<DiffLine, Range[]> {
  const ranges = new Map<DiffLine, Range[]>();
  for (let at = 0; at < lines.length;) {
    const removed = takeWhile(lines, at, 'removed');
    const added = takeWhile(lines, at + removed.length, 'added');
    if (removed.length > 0 && removed.length === added.length)
      removed.forEach((line, i) => added[i] && compare(line, added[i], ranges));
    at += Math.max(1, removed.length + added.length);
  }
  return ranges;
}

function takeWhile(lines: readonly DiffLine[], from: number, kind: DiffLine['kind']): DiffLine[] {
  const end = lines.findIndex((line, i) => i >= from && line.kind !== kind);
  return lines.slice(from, end === -1 ? undefined : end);
}

function compare(before: DiffLine, after: DiffLine, ranges: Map<DiffLine, Range[]>): void {
  if (before.text.length > MAX_CHARS || after.text.length > MAX_CHARS) return;
  const [inBefore, inAfter]: [Range[], Range[]] = [[], []];
  let [oldAt, newAt, common] = [0, 0, 0];
  for (const part of diffWordsWithSpace(before.text, after.text)) {
    const { length } = part.value;
    if (part.removed) inBefore.push([oldAt, oldAt + length]);
    else if (part.added) inAfter.push([newAt, newAt + length]);
    else common += part.value.trim().length;
    if (!part.added) oldAt += length;
    if (!part.removed) newAt += length;
  }
  if (common / Math.max(1, before.text.trim().length, after.text.trim().length) < MIN_COMMON_SHARE) return;
  ranges.set(before, inBefore);
  ranges.set(after, inAfter);
}

/** Cuts coloured text where a marked range begins or ends. */
export function markTokens(
  tokens: readonly CodeToken[],
  ranges: readonly Range[],
): (CodeToken & { isMarked: boolean })[] {
  if (ranges.length === 0) return tokens.map((token) => ({ ...token, isMarked: false }));
  const result: (CodeToken & { isMarked: boolean })[] = [];
  let at = 0;
  for (const token of tokens) {
    const end = at + token.text.length;
    const cuts = [at, ...ranges.flat().filter((cut) => cut > at && cut < end), end];
    cuts.slice(0, -1).forEach((from, i) => {
      const to = cuts[i + 1] ?? end;
      result.push({
        text: token.text.slice(from - at, to - at),
        className: token.className,
        isMarked: ranges.some(([a, b]) => from >= a && to <= b),
      });
    });
    at = end;
  }
  return result;
}
