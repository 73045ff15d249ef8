/**
 * A message as lines: paragraphs, list items, headings, code and quoted lines.
 * `depth` counts the columns before an item, so that a deeper item belongs to the one above it.
 */
export interface Block {
  kind: 'text' | 'item' | 'heading' | 'code' | 'quoted';
  depth: number;
  start: number;
  end: number;
  /** Where the list marker stands; for other blocks the same as `start`. */
  markerStart: number;
  /** A ticked box: asked for once, and done. */
  isDone: boolean;
}

const MARKER =
  /^(?:[-*+•–—·◦▪‣●○►→▶✅☑✔]|\(?\d{1,3}[.):]|\(?[a-z]\)|\d\ufe0f?\u20e3|#\d{1,3}[.:)]?|(?:step|task|todo|item|ask|point)\s\d{1,3}\s?[.:)-])\s+/i;
const CHECK_BOX = /^\[( |x|X)?\]\s+/;
const HEADING = /^#{1,6}\s+/;
const RULE = /^[-=*_~\s]{3,}$/;
const INLINE_NUMBER = /(^|[\s:;,.])\(?(\d{1,2}|[a-z])[.)](?=\s+\S)/g;
// A line shorter than this was ended on purpose, not wrapped.
const WRAPPED_LINE_CHARS = 60;

/** Cuts a message into blocks; offsets point into the message. */
export function readBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  let at = 0;
  let fence: { block: Block; mark: string } | null = null;
  let isAfterBlank = true;
  while (at <= text.length) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(at, end);
    const trimmed = line.trim();
    const last = blocks.at(-1);
    const mark = trimmed.startsWith('```') ? '```' : trimmed.startsWith('~~~') ? '~~~' : '';
    if (fence !== null) {
      fence.block.end = end;
      if (trimmed === fence.mark) fence = null;
    } else if (mark !== '' && !trimmed.slice(3).includes(mark)) {
      const block: Block = { kind: 'code', depth: 0, start: at, markerStart: at, end, isDone: false };
      blocks.push(block);
      fence = { block, mark };
    } else if (trimmed === '' || RULE.test(trimmed)) {
      isAfterBlank = true;
      at = end + 1;
      continue;
    } else {
      addLine(blocks, last, { text, line, start: at, end, isAfterBlank });
    }
    isAfterBlank = false;
    at = end + 1;
  }
  return blocks.flatMap((block) =>
    block.kind === 'text' || block.kind === 'item' ? splitInlineList(text, block) : [block],
  );
}

function addLine(
  blocks: Block[],
  last: Block | undefined,
  at: { text: string; line: string; start: number; end: number; isAfterBlank: boolean },
): void {
  const indent = at.line.length - at.line.trimStart().length;
  const content = at.line.slice(indent).trimEnd();
  const start = at.start + indent;
  const end = start + content.length;
  const heading = HEADING.exec(content)?.[0].length ?? 0;
  const marker = MARKER.exec(content)?.[0].length ?? 0;
  if (content.startsWith('>')) {
    blocks.push({ kind: 'quoted', depth: 0, start, markerStart: start, end, isDone: false });
  } else if (heading > 0 && marker === 0) {
    blocks.push({ kind: 'heading', depth: 0, start: start + heading, markerStart: start, end, isDone: false });
  } else if (marker > 0 || CHECK_BOX.test(content)) {
    const box = CHECK_BOX.exec(content.slice(marker));
    blocks.push({
      kind: 'item',
      depth: columns(at.line.slice(0, indent)),
      start: start + marker + (box?.[0].length ?? 0),
      markerStart: start,
      end,
      isDone: box?.[1]?.toLowerCase() === 'x',
    });
  } else if (last?.kind === 'item' && indent > last.depth && indent > 0) {
    last.end = end; // the item's next line
  } else if (last?.kind === 'text' && !at.isAfterBlank && isWrapped(at.text, last, content)) {
    last.end = end;
  } else {
    blocks.push({
      kind: 'text',
      depth: columns(at.line.slice(0, indent)),
      start,
      markerStart: start,
      end,
      isDone: false,
    });
  }
}

/** A long line without an end goes on in the next one. */
function isWrapped(text: string, last: Block, next: string): boolean {
  const lineStart = text.lastIndexOf('\n', last.end - 1) + 1;
  const isEnded = /[.!?:;…]$/.test(text.slice(Math.max(last.start, last.end - 1), last.end));
  const isShort = last.end - lineStart < WRAPPED_LINE_CHARS;
  return (
    !isEnded &&
    (!isShort ||
      /^(?:[a-z(]*\b(?:and|or|that|which|so|because|when|if|to|in|on|for|with|of|the|a)\b)/.test(next) ||
      /(?:\b(?:and|or|that|which|so|to|in|on|for|with|of|the|a|users)|,)$/i.test(
        text.slice(Math.max(last.start, last.end - 10), last.end),
      ))
  );
}

function columns(indent: string): number {
  return [...indent].reduce((sum, char) => sum + (char === '\t' ? 4 : 1), 0);
}

/** "1) this 2) that 3) the other" in one line. */
function splitInlineList(text: string, block: Block): Block[] {
  const content = text.slice(block.markerStart, block.end);
  const starts: { at: number; contentAt: number }[] = [];
  for (const match of content.matchAll(INLINE_NUMBER)) {
    const label = match[2] ?? '';
    const isNext =
      label === String(starts.length + 1) ||
      (starts.length < 26 && label === String.fromCharCode(97 + starts.length) && match[0].endsWith(')'));
    if (isNext) starts.push({ at: match.index + (match[1] ?? '').length, contentAt: match.index + match[0].length });
  }
  const first = starts[0];
  if (first === undefined || starts.length < 2) return [block];
  const items = starts.map(({ contentAt }, i): Block => ({
    kind: 'item',
    depth: block.depth,
    start: block.markerStart + contentAt,
    markerStart: block.markerStart + contentAt,
    end: block.markerStart + (starts[i + 1]?.at ?? content.length),
    isDone: false,
  }));
  return first.at === 0 ? items : [{ ...block, end: block.markerStart + first.at }, ...items];
}
