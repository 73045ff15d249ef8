import { clsx } from 'clsx';
import { ChevronDown, ChevronRight } from 'lucide-react';
import { memo, useMemo, useState } from 'react';
import { countText } from '~/lib/count-text.ts';
import { changedRanges, markTokens, type Range } from './changed-ranges.ts';
import { DiffStat } from './diff-stat.tsx';
import { highlightLines, type CodeToken } from './highlight-lines.ts';
import type { DiffFile, DiffHunk, DiffLine } from './parse-diff.ts';

/** Larger files wait for a click. */
const MAX_LINES_AT_ONCE = 800;
const CHANGE_WORDS = { added: 'new', removed: 'removed', renamed: 'renamed', changed: null } as const;

/** One file of a diff. */
export const DiffFileView = memo(function DiffFileView({
  file,
  mode,
  id,
}: {
  file: DiffFile;
  mode: 'unified' | 'split';
  id: string;
}) {
  const lineCount = file.hunks.reduce((sum, hunk) => sum + hunk.lines.length, 0);
  const [isOpen, setOpen] = useState(lineCount <= MAX_LINES_AT_ONCE);
  const Chevron = isOpen ? ChevronDown : ChevronRight;
  const word = CHANGE_WORDS[file.change];
  return (
    <section
      id={id}
      aria-label={file.path}
      className="scroll-mt-12 border-b border-line [contain-intrinsic-size:auto_400px] [content-visibility:auto]"
    >
      <h3 className="sticky top-0 z-10 border-b border-line bg-raised">
        <button
          type="button"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          className="flex w-full items-center gap-2 px-3 py-2 text-left text-dense hover:bg-hover"
        >
          <Chevron aria-hidden className="size-3.5 shrink-0 text-faint" />
          <span className="min-w-0 truncate font-mono text-xs" title={file.path}>
            {file.oldPath === file.path ? null : <span className="text-muted">{file.oldPath} → </span>}
            {file.path}
          </span>
          {word ? <span className="shrink-0 text-xs text-muted">{word}</span> : null}
          <DiffStat additions={file.additions} deletions={file.deletions} className="ml-auto shrink-0" />
        </button>
      </h3>
      {!isOpen ? (
        lineCount > MAX_LINES_AT_ONCE ? (
          <p className="px-4 py-3 text-dense text-muted">{countText(lineCount, 'line')}. Open the file to see them.</p>
        ) : null
      ) : file.isBinary ? (
        <p className="px-4 py-3 text-dense text-muted">A binary file.</p>
      ) : file.hunks.length === 0 ? (
        <p className="px-4 py-3 text-dense text-muted">Nothing changed in its text.</p>
      ) : (
        <table className="w-full table-fixed border-collapse font-mono text-xs leading-[18px]">
          {mode === 'unified' ? (
            <colgroup>
              <col className="w-8 sm:w-11" />
              <col className="w-8 sm:w-11" />
              <col />
            </colgroup>
          ) : (
            <colgroup>
              <col className="w-8 sm:w-11" />
              <col />
              <col className="w-8 sm:w-11" />
              <col />
            </colgroup>
          )}
          {file.hunks.map((hunk, i) => (
            <Hunk key={i} hunk={hunk} path={file.path} mode={mode} />
          ))}
        </table>
      )}
    </section>
  );
});

interface Look {
  tokens: Map<DiffLine, CodeToken[]>;
  ranges: Map<DiffLine, Range[]>;
}

function Hunk({ hunk, path, mode }: { hunk: DiffHunk; path: string; mode: 'unified' | 'split' }) {
  const look = useMemo<Look>(() => ({ tokens: colour(hunk, path), ranges: changedRanges(hunk.lines) }), [hunk, path]);
  return (
    <tbody>
      <tr>
        <td colSpan={mode === 'unified' ? 3 : 4} className="bg-active px-3 py-1 text-2xs text-muted">
          <span aria-hidden>⋯ </span>
          {hunk.section || `Line ${hunk.lines[0]?.newNumber ?? hunk.lines[0]?.oldNumber ?? 0}`}
        </td>
      </tr>
      {mode === 'unified'
        ? hunk.lines.map((line, i) => (
            <tr key={i}>
              <Gutter line={line} number={line.oldNumber} />
              <Gutter line={line} number={line.newNumber} />
              <Code line={line} look={look} />
            </tr>
          ))
        : pairLines(hunk.lines).map(([left, right], i) => (
            <tr key={i}>
              <Gutter line={left} number={left?.oldNumber ?? null} />
              <Code line={left} look={look} />
              <Gutter line={right} number={right?.newNumber ?? null} />
              <Code line={right} look={look} />
            </tr>
          ))}
    </tbody>
  );
}

const GUTTERS = { context: '', added: 'bg-done/20', removed: 'bg-failed/20' } as const;
const BACKGROUNDS = { context: '', added: 'bg-done/10', removed: 'bg-failed/10' } as const;
const MARKS = { context: '', added: 'bg-done/30 rounded-sm', removed: 'bg-failed/30 rounded-sm' } as const;
const SIGNS = { context: ' ', added: '+', removed: '-' } as const;

function Gutter({ line, number }: { line: DiffLine | null; number: number | null }) {
  return (
    <td
      className={clsx(
        'tabular select-none px-1 text-right sm:px-2 align-top text-2xs leading-[18px] text-faint',
        line ? GUTTERS[line.kind] : 'bg-sunken',
      )}
    >
      {number}
    </td>
  );
}

function Code({ line, look }: { line: DiffLine | null; look: Look }) {
  if (!line) return <td className="bg-sunken" />;
  const tokens = look.tokens.get(line) ?? [{ text: line.text, className: '' }];
  return (
    <td className={clsx('relative whitespace-pre-wrap py-0 pl-6 pr-3 align-top wrap-anywhere', BACKGROUNDS[line.kind])}>
      <span
        className="absolute left-2 text-faint"
        aria-label={{ context: undefined, added: 'added', removed: 'removed' }[line.kind]}
      >
        {SIGNS[line.kind]}
      </span>
      {markTokens(tokens, look.ranges.get(line) ?? []).map((token, i) => (
        <span key={i} className={clsx(token.className, token.isMarked && MARKS[line.kind])}>
          {showInvisible(token.text)}
        </span>
      ))}
      {line.isLastWithoutBreak ? (
        <span title="No line break at the end of the file" className="ml-2 select-none text-faint">
          ⊘
        </span>
      ) : null}
    </td>
  );
}

/** Characters that reorder text or take no room are shown for what they are: code must not read as something else than it does. */
function showInvisible(text: string): string {
  return text.replace(
    /[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
    (c) => `⟨U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`,
  );
}

function colour(hunk: DiffHunk, path: string): Map<DiffLine, CodeToken[]> {
  const tokens = new Map<DiffLine, CodeToken[]>();
  for (const kind of ['removed', 'added'] as const) {
    const side = hunk.lines.filter((line) => line.kind === kind || line.kind === 'context');
    highlightLines(
      side.map((line) => line.text),
      path,
    ).forEach((lineTokens, i) => {
      const line = side[i];
      if (line) tokens.set(line, lineTokens);
    });
  }
  return tokens;
}

/** Old and new side by side: replaced lines face each other. */
function pairLines(lines: readonly DiffLine[]): [DiffLine | null, DiffLine | null][] {
  const rows: [DiffLine | null, DiffLine | null][] = [];
  let waiting: DiffLine[] = [];
  const flush = (): void => {
    for (const line of waiting) rows.push([line, null]);
    waiting = [];
  };
  for (const line of lines) {
    if (line.kind === 'removed') waiting.push(line);
    else if (line.kind === 'added') rows.push([waiting.shift() ?? null, line]);
    else {
      flush();
      rows.push([line, line]);
    }
  }
  flush();
  return rows;
}
