import { classify, INSTRUCTION_WINDOW } from './classify.ts';
import type { Segment } from './classify.ts';
import { readInstruction } from './instruction.ts';
import { typeOfInstruction } from './intent.ts';
import { readLead } from './lead.ts';
import type { PriorityMarker } from './markers.ts';
import { pathsIn } from './paths.ts';
import { isNaming, isPunct } from './token.ts';
import type { Token } from './token.ts';
import { SUBORDINATORS } from './words/statements.ts';

type Markers = ReadonlyMap<number, PriorityMarker>;

/** "Fix login (p1), dark mode (p5) and the README (p3)": things that each have a priority are asks of their own. */
export function splitEnumeration(tokens: readonly Token[], segment: Segment, markers: Markers): Segment[] {
  if (segment.kind !== 'ask' && segment.kind !== 'report') return [segment];
  const counted = countedPieces(tokens, segment, markers);
  if (counted !== null) return counted;
  const pieces = piecesOf(tokens, segment, markers);
  if (pieces.length < 2) return [segment];
  const verb = segment.instruction?.verb;
  const sharedVerb = verb === undefined || verb === 'need' ? undefined : tokens[segment.core]?.text;
  return pieces.map(({ from, to }, i) => {
    const piece = classify(tokens, from, to, markers);
    const standsAlone =
      piece.kind === 'ask' ? piece.instruction?.verb !== 'need' : piece.kind === 'report' && sharedVerb === undefined;
    if (i === 0 || standsAlone) return piece;
    const lead = readLead(tokens, from, to, markers);
    const instruction = readInstruction(
      tokens,
      lead.core,
      Math.min(to, lead.core + INSTRUCTION_WINDOW),
      verb ?? 'need',
    );
    return {
      kind: 'ask',
      from,
      to,
      lead,
      core: lead.core,
      instruction,
      type: typeOfInstruction(instruction, pathsIn(tokens.slice(lead.core, to))),
      ...(sharedVerb === undefined ? {} : { sharedVerb }),
    };
  });
}

const COUNTS: ReadonlyMap<string, number> = new Map([
  ['two', 2],
  ['three', 3],
  ['four', 4],
  ['five', 5],
  ['2', 2],
  ['3', 3],
  ['4', 4],
  ['5', 5],
]);

/** "Two bugs: the nav overlaps the logo, and the search returns 500": as many clauses as the words before the colon say. */
function countedPieces(tokens: readonly Token[], segment: Segment, markers: Markers): Segment[] | null {
  const head = segment.lead.core;
  const count = COUNTS.get(tokens[head]?.lower ?? '');
  const colon = tokens.slice(head, head + 5).findIndex((token) => isPunct(token, ':'));
  if (count === undefined || colon < 1 || segment.to - head > INSTRUCTION_WINDOW) return null;
  const isClause = ({ kind, instruction }: Segment): boolean =>
    kind === 'report' || kind === 'wish' || (kind === 'ask' && instruction?.verb !== 'need');
  const pieces: Segment[] = [];
  let from = head + colon + 1;
  for (let at = from + 1; at < segment.to; at += 1) {
    if (!isPunct(tokens[at], ',;&') && tokens[at]?.lower !== 'and') continue;
    const left = classify(tokens, from, at, markers);
    if (!isClause(left) || !isClause(classify(tokens, at, segment.to, markers))) continue;
    pieces.push(left);
    from = at;
  }
  pieces.push(classify(tokens, from, segment.to, markers));
  return pieces.length === count ? pieces.map((piece) => ({ ...piece, isCounted: true })) : null;
}

/** Stretches that each name something and end in a priority; the last may have none. */
function piecesOf(tokens: readonly Token[], segment: Segment, markers: Markers): { from: number; to: number }[] {
  const own = [...markers.values()].filter((marker) => marker.from >= segment.core && marker.from < segment.to);
  const pieces: { from: number; to: number }[] = [];
  let from = segment.from;
  for (const marker of own) {
    let to = marker.to;
    while (isPunct(tokens[to], ')]')) to += 1;
    const next = to < segment.to ? tokens[to] : undefined;
    const isParted = next === undefined || isPunct(next, ',;.!&+') || next.lower === 'and';
    const isNamed = tokens
      .slice(Math.max(from, pieces.length === 0 ? segment.core : from), marker.from)
      .some((token) => isNaming(token) && token.lower !== 'and');
    if (!isParted || !isNamed) return [];
    pieces.push({ from, to });
    from = to;
  }
  const rest = tokens.slice(from, segment.to).filter((token) => isNaming(token) && token.lower !== 'and');
  if (pieces.length < 2 || SUBORDINATORS.has(rest[0]?.lower ?? '')) return [];
  const last = pieces.at(-1);
  if (rest.length > 0) pieces.push({ from, to: segment.to });
  else if (last) last.to = segment.to;
  return pieces;
}
