import type { Block } from './blocks.ts';
import { announcesMore, classify, CONTEXT_HEADING, CRITERIA_HEADING, namesTopic } from './classify.ts';
import type { PriorityMarker } from './markers.ts';
import { pathsIn } from './paths.ts';
import { rangeOf } from './ranges.ts';
import type { TextRange } from './ranges.ts';
import { isNaming, isPunct } from './tokens.ts';
import type { Token } from './tokens.ts';

/** What stands below a heading or a line that ends in a colon. */
export interface Section {
  kind: 'criteria' | 'context' | 'asks';
  /** The header itself. */
  block: Block;
  /** The header's words, where an ask below means little without them: "In web/app/settings.tsx:". */
  prefix: TextRange | null;
  /** "Urgent:" above a list. */
  priority: number | null;
  /** "Fix:" above a list: the verb of the items that have none. */
  verb: string | null;
}

/** A line that ends in a colon, or a heading, with something below it. */
export function isHeader(block: Block, next: Block | undefined, tokens: Token[]): boolean {
  const lastMark = tokens.findLast((token) => !isPunct(token, '*_'));
  const endsInColon = isPunct(lastMark, ':');
  if (block.kind === 'heading') return true;
  if (!endsInColon || next === undefined) return false;
  return block.kind !== 'item' || next.depth > block.depth || next.kind !== 'item';
}

/** @returns null when the header is an ask of its own, and what follows are its details */
export function readSection(block: Block, tokens: Token[], markers: ReadonlyMap<number, PriorityMarker>): Section | null {
  const label = tokens.filter(isNaming).map((token) => token.lower).join(' ');
  const own = [...markers.values()];
  const priority = own[0]?.priority ?? null;
  const open = (kind: 'criteria' | 'context' | 'asks', prefix: [number, number] | null): true => {
    this.section = { kind, block, prefix, priority };
    return true;
  };
  if (CRITERIA_HEADING.test(label)) return open('criteria', null);
  if (CONTEXT_HEADING.test(label)) return open('context', null);
  const segment = classify(tokens, 0, tokens.length, markers);
      if (segment.kind === 'ask' && block.kind !== 'heading' && !announcesMore(tokens, segment.core, segment.to)) return false;
  const isVerbOnly = segment.instruction !== null && segment.core + 2 >= tokens.length;
  this.sectionVerb = segment.kind === 'ask' && block.kind !== 'heading' && segment.instruction?.verb !== 'need' && segment.instruction?.verb !== 'do' ? (segment.instruction?.verb ?? null) : null;
  return open('asks', isVerbOnly || pathsIn(tokens).length > 0 || (segment.kind === 'aside' && namesTopic(tokens)) ? rangeOf(tokens, 0, tokens.length) : null);
}

export function endsSection(section: Section, block: Block): boolean {
  const header = this.section?.block;
  if (header === undefined || block.kind === 'heading') return true;
  return block.kind === 'text' ? header.kind !== 'heading' && this.section?.kind === 'asks' : header.kind === 'item' && block.depth <= header.depth;
}
