export type DiffLineKind = 'context' | 'added' | 'removed';

export interface DiffLine {
  kind: DiffLineKind;
  /** Null: the line is not in that version. */
  oldNumber: number | null;
  newNumber: number | null;
  text: string;
  /** The file ends here without a line break. */
  isLastWithoutBreak?: boolean;
}

export interface DiffHunk {
  /** What git says stands around it: the function or the section. */
  section: string;
  lines: DiffLine[];
}

export type FileChange = 'added' | 'removed' | 'renamed' | 'changed';

export interface DiffFile {
  /** The path it has now, or had when it is removed. */
  path: string;
  oldPath: string;
  change: FileChange;
  isBinary: boolean;
  additions: number;
  deletions: number;
  hunks: DiffHunk[];
}

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$/;

/**
 * Reads what `git diff` wrote. Lines of files can look like anything, so each hunk takes as many as its head announces.
 * Not jsdiff's parsePatch: it cuts the space at the end of a name, drops a hunk's section, knows no `GIT binary patch`,
 * and throws at a diff that was cut off, where we show what is there.
 */
export function parseDiff(text: string): DiffFile[] {
  const lines = text.split('\n');
  const files: DiffFile[] = [];
  let file: DiffFile | null = null;
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    const hunk = file ? HUNK.exec(line) : null;
    if (line.startsWith('diff --git ')) {
      file = startFile(line);
      files.push(file);
      at++;
    } else if (file && hunk) {
      at = readHunk(lines, at + 1, hunk, file);
    } else {
      if (file) readHead(line, file);
      at++;
    }
  }
  return files;
}

function startFile(line: string): DiffFile {
  const rest = line.slice('diff --git '.length);
  // Both names are the same unless it was renamed; then the lines below name both.
  const quoted = /^"(?:[^"\\]|\\.)*"/.exec(rest)?.[0];
  const oldName = quoted ?? rest.slice(0, Math.max(0, Math.ceil(rest.length / 2) - 1));
  const path = withoutPrefix(unquote(oldName.trim()));
  return { path, oldPath: path, change: 'changed', isBinary: false, additions: 0, deletions: 0, hunks: [] };
}

function readHead(line: string, file: DiffFile): void {
  const name = (prefix: string): string | null =>
    line.startsWith(prefix) ? unquote(line.slice(prefix.length).replace(/\t$/, '')) : null;
  const [from, copied] = [name('rename from '), name('copy from ')];
  const to = name('rename to ') ?? name('copy to ');
  const [before, after] = [name('--- '), name('+++ ')];
  if (line.startsWith('new file mode')) file.change = 'added';
  else if (line.startsWith('deleted file mode')) file.change = 'removed';
  else if (line.startsWith('Binary files ') || line.startsWith('GIT binary patch')) file.isBinary = true;
  else if (from !== null) {
    file.oldPath = from;
    file.change = 'renamed';
  } else if (copied !== null) {
    file.oldPath = copied;
    file.change = 'added';
  } else if (to !== null) file.path = to;
  else if (before !== null && before !== '/dev/null') file.oldPath = withoutPrefix(before);
  else if (after !== null && after !== '/dev/null') file.path = withoutPrefix(after);
}

function readHunk(lines: string[], from: number, head: RegExpExecArray, file: DiffFile): number {
  let [oldNumber, newNumber] = [Number(head[1]), Number(head[3])];
  let [oldLeft, newLeft] = [Number(head[2] ?? 1), Number(head[4] ?? 1)];
  const hunk: DiffHunk = { section: head[5] ?? '', lines: [] };
  file.hunks.push(hunk);
  let at = from;
  for (; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const text = line.slice(1);
    if (line.startsWith('\\')) {
      const last = hunk.lines.at(-1);
      if (last) last.isLastWithoutBreak = true;
    } else if ((oldLeft <= 0 && newLeft <= 0) || !/^(?:[ +-]|$)/.test(line)) break;
    else if (line.startsWith('+')) {
      hunk.lines.push({ kind: 'added', oldNumber: null, newNumber: newNumber++, text });
      file.additions++;
      newLeft--;
    } else if (line.startsWith('-')) {
      hunk.lines.push({ kind: 'removed', oldNumber: oldNumber++, newNumber: null, text });
      file.deletions++;
      oldLeft--;
    } else {
      hunk.lines.push({ kind: 'context', oldNumber: oldNumber++, newNumber: newNumber++, text });
      oldLeft--;
      newLeft--;
    }
  }
  return at;
}

function withoutPrefix(name: string): string {
  return name.replace(/^[ab]\//, '');
}

/** Git puts names with special characters into quotes, bytes as octal numbers. */
function unquote(name: string): string {
  if (!name.startsWith('"') || !name.endsWith('"')) return name;
  const bytes: number[] = [];
  const escapes: Record<string, number> = { n: 10, t: 9, r: 13, '"': 34, '\\': 92, a: 7, b: 8, f: 12, v: 11 };
  const encoder = new TextEncoder();
  for (const part of name.slice(1, -1).match(/\\[0-7]{3}|\\.|[^\\]+/g) ?? []) {
    if (/^\\[0-7]{3}$/.test(part)) bytes.push(Number.parseInt(part.slice(1), 8));
    else if (part.startsWith('\\')) bytes.push(escapes[part.charAt(1)] ?? part.charCodeAt(1));
    else bytes.push(...encoder.encode(part));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}
