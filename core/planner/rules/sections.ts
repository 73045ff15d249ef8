import type { Block } from './blocks.ts';
import { announcesMore, classify, CONTEXT_HEADING, CRITERIA_HEADING, namesTopic } from './classify.ts';
import type { Instruction } from './instruction.ts';
import type { PriorityMarker } from './markers.ts';
import { pathsIn } from './paths.ts';
import { rangeOf } from './ranges.ts';
import type { TextRange } from './ranges.ts';
import { isNaming, isPunct } from './token.ts';
import type { Token } from './token.ts';

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
export function isHeader(block: Block, next: Block | undefined, tokens: readonly Token[]): boolean {
  const lastMark = tokens.findLast((token) => !isPunct(token, '*_'));
  const endsInColon = isPunct(lastMark, ':');
  if (block.kind === 'heading') return true;
  const announcesList =
    next?.kind === 'item' && tokens.some((token) => token.lower === 'following' || token.lower === 'these');
  if ((!endsInColon && !announcesList) || next === undefined) return false;
  return block.kind !== 'item' || next.depth > block.depth || next.kind !== 'item';
}

/** @returns null when the header is an ask of its own, and what follows are its details */
export function readSection(
  block: Block,
  tokens: readonly Token[],
  markers: ReadonlyMap<number, PriorityMarker>,
): Section | null {
  const label = tokens
    .filter(isNaming)
    .map((token) => token.lower)
    .join(' ');
  const priority = [...markers.values()][0]?.priority ?? null;
  const plain = { block, prefix: null, priority, verb: null };
  if (CRITERIA_HEADING.test(label)) return { ...plain, kind: 'criteria' };
  if (CONTEXT_HEADING.test(label)) return { ...plain, kind: 'context' };

  const { kind, instruction, core, to } = classify(tokens, 0, tokens.length, markers);
  const isHeading = block.kind === 'heading';
  if (kind === 'ask' && !isHeading && !announcesMore(tokens, core, to)) return null;
  const isVerbOnly = instruction !== null && core + 2 >= tokens.length;
  const saysWhere = pathsIn(tokens).length > 0 || (kind === 'aside' && namesTopic(tokens));
  return {
    kind: 'asks',
    block,
    prefix: isVerbOnly || saysWhere ? rangeOf(tokens, 0, tokens.length) : null,
    priority,
    verb: kind === 'ask' && !isHeading ? givenVerb(instruction) : null,
  };
}

/** Whether the section is over when this block begins. */
export function endsSection(section: Section, block: Block): boolean {
  if (block.kind === 'heading') return true;
  if (block.kind === 'text') return section.block.kind !== 'heading' && section.kind === 'asks';
  return section.block.kind === 'item' && block.depth <= section.block.depth;
}

/** "Fix the following" lends its verb to the items below, "do the following" and "we need" do not. */
function givenVerb(instruction: Instruction | null): string | null {
  const verb = instruction?.verb ?? null;
  return verb === 'need' || verb === 'do' ? null : verb;
}
