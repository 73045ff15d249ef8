import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';

export interface DiffSide {
  /** Stands in the header: `version 3`. */
  label: string;
  text: string;
}

const CONTEXT_LINES = 3;
// Two texts without a common line cost quadratic time; past this many edits everything is shown as replaced.
const MAX_EDITS = 2_000;

/** Unified diff of two versions' texts; empty when they are the same. */
export function diffStateDocuments(a: DiffSide, b: DiffSide): string {
  if (a.text === b.text) return '';
  const patch = createTwoFilesPatch(a.label, b.label, a.text, b.text, undefined, undefined, {
    context: CONTEXT_LINES,
    maxEditLength: MAX_EDITS,
    headerOptions: FILE_HEADERS_ONLY,
  });
  return patch ?? replaceAll(a, b);
}

function replaceAll(a: DiffSide, b: DiffSide): string {
  const removed = a.text.replace(/\n$/, '').split('\n');
  const added = b.text.replace(/\n$/, '').split('\n');
  const lines = [...removed.map((text) => `-${text}`), ...added.map((text) => `+${text}`)];
  return `--- ${a.label}\n+++ ${b.label}\n@@ -1,${removed.length} +1,${added.length} @@\n${lines.join('\n')}\n`;
}
