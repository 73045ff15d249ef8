import { readBlocks } from './blocks.ts';
import { readInstruction } from './instruction.ts';
import { typeOfInstruction } from './intent.ts';
import type { Block } from './blocks.ts';
import { classify, namesTopic, tellsOfProduct } from './classify.ts';
import type { Segment } from './classify.ts';
import { dependsOnFormer, readClauses } from './clauses.ts';
import { demandsWithin, trimClause } from './criteria.ts';
import {
  isAskKind,
  isListHeader,
  isRemedy,
  nothingPending,
  sharesTopic,
  startsWithPronoun,
  unquoted,
} from './drafts.ts';
import type { Ask, Draft, Pending, Place } from './drafts.ts';
import { findPriorityMarkers } from './markers.ts';
import type { PriorityMarker } from './markers.ts';
import { pathsIn } from './paths.ts';
import { rangeOf, wordsOf } from './ranges.ts';
import type { TextRange } from './ranges.ts';
import { endsSection, isHeader, readSection } from './sections.ts';
import type { Section } from './sections.ts';
import { isNaming, isPunct } from './token.ts';
import { tokenize } from './tokens.ts';
import type { Token } from './token.ts';
import { ADJUSTING_VERBS, FIX_VERBS } from './words/verbs.ts';

/** Past this many, the rest of a message is taken as part of its last ask, so that no word is lost. */
export const MAX_ASKS = 50;

/** Reads a message: which asks it holds, in order. Small talk and questions of status leave none. */
export function readAsks(text: string): Ask[] {
  const reader = new AskReader(text);
  const blocks = readBlocks(text);
  blocks.forEach((block, i) => reader.take(block, blocks[i + 1]));
  return reader.finish();
}

class AskReader {
  private readonly drafts: Draft[] = [];
  private wholeMessagePriority: number | null = null;
  private pending: Pending = nothingPending();
  private section: Section | null = null;
  /** The first statement about the product before there was an ask. */
  private statement: { segment: Segment; place: Place; range: TextRange } | null = null;

  constructor(private readonly text: string) {}

  take(block: Block, next: Block | undefined): void {
    if (block.isDone) return;
    if (block.kind === 'code' || block.kind === 'quoted' || this.drafts.length >= MAX_ASKS)
      return this.addRange([block.start, block.end]);
    const tokens = unquoted(this.text, tokenize(this.text, block.start, block.end));
    const markers = findPriorityMarkers(tokens);
    for (const marker of markers.values()) if (marker.isForWholeMessage) this.wholeMessagePriority ??= marker.priority;
    if (this.section !== null && endsSection(this.section, block)) this.section = null;
    const opened = isHeader(block, next, tokens) ? readSection(block, tokens, markers) : null;
    if (opened !== null) {
      this.section = opened;
      return;
    }
    if (this.isDetail(block)) return this.addDetail(block, tokens, markers);
    const isItem = block.kind === 'item';
    const before = this.drafts.length;
    for (const read of readClauses(tokens, markers, isItem)) {
      const segment = isItem ? this.asItem(read, tokens) : read;
      this.takeSegment(segment, { block, tokens, markers, before, isItem });
    }
  }

  /** An item without a verb: it takes that of its header, or it names something wanted. */
  private asItem(segment: Segment, tokens: Token[]): Segment {
    const verb = this.section?.kind === 'asks' ? this.section.verb : null;
    const said = tokens.slice(segment.core, segment.to);
    const isVerbless = segment.kind === 'aside' || segment.instruction?.verb === 'need';
    if (!isVerbless || (verb === null && segment.kind === 'aside' && !namesTopic(said) && pathsIn(said).length === 0))
      return segment;
    if (/^(?:i|we|i'm|we're|i've)$/.test(said[0]?.lower ?? '')) return segment;
    const instruction = readInstruction(tokens, segment.core, segment.to, verb ?? 'need');
    return { ...segment, kind: 'ask', instruction, type: typeOfInstruction(instruction, pathsIn(said)) };
  }

  finish(): Ask[] {
    this.takeLoneStatement();
    for (const draft of this.drafts) {
      draft.priority = this.priorityOf(draft);
      draft.text = [draft.sharedVerb, wordsOf(this.text, draft.ranges)].join(' ').trim();
      draft.criteria = [...new Set(draft.criteria)];
      draft.paths = [...new Set(draft.paths)];
    }
    return this.drafts.map(({ text, kind, type, priority, paths, criteria, core, remedy, isNamed, isDependent }) => ({
      text,
      kind,
      type,
      priority,
      paths,
      criteria,
      core,
      remedy,
      isNamed,
      isDependent,
    }));
  }

  /**
   * A statement about the product that comes with urgency, in a message that asks for nothing, is the report of a fault:
   * nobody is in a hurry to say that all is well.
   */
  private takeLoneStatement(): void {
    const lone = this.statement;
    const isUrgent = this.wholeMessagePriority === 1 || this.pending.priority === 1 || /!\s*$/.test(this.text);
    if (lone === null || this.drafts.length > 0 || !isUrgent) return;
    this.pending.ranges = this.pending.ranges.filter((range) => range !== lone.range);
    this.begin({ ...lone.segment, kind: 'report' }, lone.place, lone.range, []);
  }

  private priorityOf({ markers }: Draft): number | null {
    const own = markers.filter((marker) => !marker.isForWholeMessage);
    if (own.length > 0) return Math.min(...own.map((marker) => marker.priority));
    return this.wholeMessagePriority;
  }

  private takeSegment(segment: Segment, at: Place): void {
    const { block, tokens } = at;
    const last = this.drafts.at(-1);
    const isSameBlock = last !== undefined && (last.block === block || this.drafts.length > at.before);
    const range = rangeOf(tokens, segment.from, segment.to);
    const said = tokens.slice(segment.core, segment.to);
    const own = [...at.markers.values()].filter((marker) => marker.from >= segment.from && marker.from < segment.to);
    const attach = (draft: Draft): void => {
      draft.ranges.push(range);
      draft.markers.push(...own);
      draft.paths.push(...pathsIn(said));
    };
    if (segment.isCounted === true && isAskKind(segment.kind)) return this.begin(segment, at, range, own);
    switch (segment.kind) {
      case 'nothing':
        if (own.length > 0 && isSameBlock) last.markers.push(...own);
        return;
      case 'priority':
        return this.takePriority(
          own,
          isSameBlock || (!at.isItem && last !== undefined) ? last : undefined,
          range,
          segment.to < tokens.length && !isPunct(tokens[segment.to - 1], '.!?:'),
        );
      case 'aside':
        if (isSameBlock || (last !== undefined && !at.isItem)) return attach(last);
        this.pending.ranges.push(range);
        this.pending.subject = { core: said, type: segment.type };
        if (tellsOfProduct(said)) this.statement ??= { segment, place: at, range };
        return;
      case 'prohibition':
        if (last !== undefined && (isSameBlock || !at.isItem)) {
          last.criteria.push(trimClause(this.text, said));
          return attach(last);
        }
        this.pending.ranges.push(range);
        this.pending.criteria.push(trimClause(this.text, said));
        return;
      case 'demand':
        if (last !== undefined && (isSameBlock || !at.isItem)) {
          last.criteria.push(trimClause(this.text, said));
          return attach(last);
        }
        if (segment.instruction === null) {
          this.pending.ranges.push(range);
          this.pending.criteria.push(trimClause(this.text, said));
          return;
        }
        return this.begin(segment, at, range, own);
      case 'wish':
        if (
          last !== undefined &&
          isSameBlock &&
          !segment.lead.kinds.has('sequel') &&
          (last.kind !== 'wish' || startsWithPronoun(said))
        ) {
          last.criteria.push(trimClause(this.text, said));
          return attach(last);
        }
        if (
          last !== undefined &&
          !at.isItem &&
          !segment.lead.kinds.has('sequel') &&
          startsWithPronoun(said) &&
          said[0]?.lower !== 'the'
        ) {
          last.criteria.push(trimClause(this.text, said));
          return attach(last);
        }
        return this.begin(segment, at, range, own);
      case 'report':
        if (
          last !== undefined &&
          isSameBlock &&
          !segment.lead.kinds.has('sequel') &&
          !said.slice(-3).some((token) => token.lower === 'too' || token.lower === 'well')
        ) {
          if (
            last.kind === 'ask' &&
            dependsOnFormer(last.core, 0, last.core.length) &&
            !last.isNamed &&
            !last.isDependent
          ) {
            // "Can you fix this? The modal does not close."
            if (last.type === 'code_change') last.type = segment.type;
            last.kind = 'report';
            last.core = said;
          }
          return attach(last);
        }
        if (
          last !== undefined &&
          !at.isItem &&
          !segment.lead.kinds.has('sequel') &&
          startsWithPronoun(said) &&
          said[0]?.lower !== 'the'
        )
          return attach(last);
        return this.begin(segment, at, range, own);
      case 'question':
        if (isSameBlock && said.filter(isNaming).length < 4) return;
        return this.begin(segment, at, range, own);
      case 'ask':
        if (last !== undefined && this.continues(last, segment, tokens, isSameBlock, at.isItem)) {
          if (last.kind !== 'ask' && last.remedy.length === 0 && isRemedy(said)) last.remedy = said;
          if (last.kind !== 'ask' && !isRemedyInSentence(tokens, segment))
            last.core = this.coreOf(last, segment, tokens);
          if (segment.type !== 'code_change' && last.kind !== 'ask') last.type = segment.type;
          if (last.kind === 'question') {
            last.kind = 'ask';
            last.type = segment.type;
          }
          last.criteria.push(...demandsWithin(this.text, said));
          return attach(last);
        }
        return this.begin(segment, at, range, own);
    }
  }

  /** "… fails. Fix it." is one ask; so is "Fix the header. Make it sticky." */
  private continues(last: Draft, segment: Segment, tokens: Token[], isSameBlock: boolean, isItem: boolean): boolean {
    if (isItem && !isSameBlock) return false;
    const isAboutFormer = dependsOnFormer(tokens, segment.core, segment.to);
    if (last.kind !== 'ask') {
      // "It submits twice. Also add a spinner to it."
      if (
        segment.lead.kinds.has('sequel') &&
        !FIX_VERBS.has(segment.instruction?.verb ?? '') &&
        segment.type === last.type
      )
        return false;
      if (isAboutFormer) return last.kind !== 'question' || isSameBlock;
      if (isSameBlock && last.kind === 'report' && isRemedyInSentence(tokens, segment)) return true;
      return (
        isSameBlock &&
        last.kind === 'report' &&
        !segment.lead.kinds.has('sequel') &&
        sharesTopic(last.core, tokens.slice(segment.core, segment.to))
      );
    }
    if (!isAboutFormer || segment.lead.kinds.has('need')) return false;
    return (
      segment.type === last.type ||
      (last.type === 'research' && segment.type === 'code_change' && !segment.lead.kinds.has('sequel'))
    );
  }

  /** The title of "X fails. Fix it." is about X. */
  private coreOf(last: Draft, segment: Segment, tokens: Token[]): Token[] {
    const isBare = dependsOnFormer(tokens, segment.core, segment.to);
    if (!isBare) {
      last.kind = 'ask';
      return tokens.slice(segment.core, segment.to);
    }
    return last.core;
  }

  private begin(segment: Segment, at: Omit<Place, 'before' | 'isItem'>, range: TextRange, own: PriorityMarker[]): void {
    const core = at.tokens.slice(segment.core, segment.to);
    const last = this.drafts.at(-1);
    if (this.drafts.length >= MAX_ASKS && last) {
      last.ranges.push(range);
      return;
    }
    const subject =
      segment.kind === 'ask' &&
      (dependsOnFormer(at.tokens, segment.core, segment.to) || isRemedyInSentence(at.tokens, segment))
        ? this.pending.subject
        : null;
    const kind = subject !== null ? 'report' : segment.kind === 'demand' ? 'ask' : (segment.kind as Ask['kind']);
    const isDependent = kind === 'ask' && dependsOnFormer(at.tokens, segment.core, segment.to) && last !== undefined;
    const isAboutText =
      isDependent &&
      last.type === 'doc' &&
      segment.type === 'code_change' &&
      !FIX_VERBS.has(segment.instruction?.verb ?? '');
    const type = subject !== null && segment.type === 'code_change' ? subject.type : isAboutText ? 'doc' : segment.type;
    const prefix = this.section?.kind === 'asks' ? this.section.prefix : null;
    const reaching = [...at.markers.values()].find(
      (marker) => marker.from < segment.from && marker.reach > segment.from,
    );
    const priority = this.pending.priority ?? reaching?.priority ?? this.section?.priority ?? null;
    const criteria =
      kind === 'ask' || kind === 'report'
        ? demandsWithin(this.text, core)
        : kind === 'wish'
          ? [trimClause(this.text, core)]
          : [];
    const inherited: PriorityMarker[] =
      priority !== null && own.length === 0
        ? [{ from: -1, to: -1, reach: -1, priority, isForWholeMessage: false }]
        : [];
    this.drafts.push({
      text: '',
      sharedVerb: segment.sharedVerb ?? '',
      kind,
      type,
      priority: null,
      paths: pathsIn([
        ...(prefix ? tokenize(this.text, prefix[0], prefix[1]) : []),
        ...this.pending.ranges.flatMap(([from, to]) => tokenize(this.text, from, to)),
        ...at.tokens.slice(segment.lead.core, segment.to),
      ]),
      criteria: [...this.pending.criteria, ...criteria],
      core: subject?.core ?? core,
      remedy: subject !== null && isRemedy(core) ? core : [],
      isNamed: segment.instruction?.verb === 'need',
      isDependent,
      ranges: [...(prefix ? [prefix] : []), ...this.pending.ranges, range],
      block: at.block,
      markers: [...own, ...inherited],
    });
    this.pending = nothingPending();
  }

  /** "High priority." belongs to the ask before it; in front of all asks it is for the next, or for the list. */
  private takePriority(own: PriorityMarker[], last: Draft | undefined, range: TextRange, isInSentence: boolean): void {
    const priority = own[0]?.priority ?? null;
    if (last !== undefined) {
      last.markers.push(...own);
      last.ranges.push(range);
    } else if (this.drafts.length === 0 && priority !== null && !isInSentence) {
      this.wholeMessagePriority ??= priority;
    } else {
      this.pending.priority = priority;
      this.pending.ranges.push(range);
    }
  }

  /** A deeper item, the list under "Add a page with:", and what stands below "Acceptance criteria:". */
  private isDetail(block: Block): boolean {
    const last = this.drafts.at(-1);
    if (this.section !== null && this.section.kind !== 'asks') return true;
    if (last === undefined || block.kind !== 'item') return false;
    if (last.block.kind === 'item') return block.depth > last.block.depth;
    return this.section === null && isListHeader(this.text, last.block);
  }

  private addDetail(block: Block, tokens: Token[], markers: ReadonlyMap<number, PriorityMarker>): void {
    const last = this.drafts.at(-1);
    const criterion = trimClause(this.text, tokens);
    const isCriterion = this.section?.kind !== 'context' && criterion !== '';
    if (last === undefined) {
      this.pending.ranges.push([block.start, block.end]);
      if (isCriterion) this.pending.criteria.push(criterion);
      return;
    }
    const segment = classify(tokens, 0, tokens.length, markers);
    const isList = last.block.kind === 'text' && this.section === null;
    if (isList && segment.kind === 'ask' && !segment.lead.kinds.has('need') && segment.instruction?.verb !== 'need') {
      return this.begin(
        segment,
        { block: { ...block, kind: 'text', end: last.block.end, start: last.block.start }, tokens, markers },
        [block.start, block.end],
        [...markers.values()],
      );
    }
    last.ranges.push([block.start, block.end]);
    last.markers.push(...markers.values());
    last.paths.push(...pathsIn(tokens));
    if (isCriterion) last.criteria.push(criterion);
  }

  private addRange(range: TextRange): void {
    const last = this.drafts.at(-1);
    if (last !== undefined) last.ranges.push(range);
    else this.pending.ranges.push(range);
  }
}

/** "The pods get killed, raise their limit": a statement and, behind a comma, what is to be changed about it. */
function isRemedyInSentence(tokens: readonly Token[], segment: Segment): boolean {
  return (
    segment.from > 0 &&
    isPunct(tokens[segment.from], ',;—–') &&
    !segment.lead.kinds.has('sequel') &&
    ADJUSTING_VERBS.has(segment.instruction?.verb ?? '')
  );
}
