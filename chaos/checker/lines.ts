import { createHash } from 'node:crypto';
import type { AgentJournal, JournalLine } from '../workload/journal.ts';
import type { Facts, LineFact, Violation } from './facts.ts';

/** How a stored line says that it is a part of a longer one. @source docs/decisions/0004-runs-and-logs.md */
const CONTINUES_MARK = ' «continues»';
const CONTINUED_MARK = '«continued» ';

interface Written {
  /** Lines the program is known to have written, in order. */
  certain: JournalLine[];
  /** Lines of its last write, of which any beginning may have been written. */
  possible: JournalLine[];
}

/** Rule 1: every line the program wrote is stored, once, in order, byte for byte; the numbers have no hole. */
export function checkLines({ journals, runs, lines, faults }: Facts): Violation[] {
  return runs.flatMap((run) => {
    const stored = lines.get(run.id) ?? [];
    const name = `run ${run.id} (attempt ${run.attempt}, ${run.status}/${run.reason})`;
    // A program without memory says so itself, in words that it could not tell the journal before.
    const mayCryOut = faults.some(({ kind, runIds }) => kind === 'memory-agent' && runIds.includes(run.id));
    const hole = stored.findIndex(({ seq }, index) => seq !== index);
    const numbering = [
      ...(hole >= 0 ? [`${name}: line ${hole} is missing or doubled, found ${stored[hole]?.seq}`] : []),
      ...(stored.length !== run.lineCount
        ? [`${name}: ${run.lineCount} lines are said to be stored, ${stored.length} are`]
        : []),
    ];
    const journal = journals.filter(({ runId }) => runId === run.id);
    const content = (['stdout', 'stderr'] as const).flatMap((stream) =>
      compare(writtenTo(journal, stream), joinParts(stored.filter((line) => line.stream === stream)), mayCryOut).map(
        (what) => `${name}, ${stream}: ${what}`,
      ),
    );
    return [...numbering, ...content].map((what) => ({ rule: 'lines', what }) as const);
  });
}

/** What is missing of what the program wrote; also what the harness waits for before it judges. */
export function countMissingLines({ journals, lines }: Pick<Facts, 'journals' | 'lines'>): number {
  return journals.reduce(
    (missing, journal) =>
      missing +
      (['stdout', 'stderr'] as const).reduce((sum, stream) => {
        const stored = joinParts((lines.get(journal.runId) ?? []).filter((line) => line.stream === stream)).length;
        return sum + Math.max(0, writtenTo([journal], stream).certain.length - stored);
      }, 0),
    0,
  );
}

function writtenTo(journals: readonly AgentJournal[], stream: string): Written {
  const written: Written = { certain: [], possible: [] };
  for (const { entries } of journals) {
    for (const entry of entries) {
      if (entry.type === 'intends' && entry.stream === stream) written.possible = entry.lines;
      if (entry.type === 'wrote' && entry.stream === stream) {
        written.certain.push(...written.possible);
        written.possible = [];
      }
    }
  }
  return written;
}

/** Whole lines, where long ones were stored in parts. */
function joinParts(stored: readonly LineFact[]): string[] {
  const whole: string[] = [];
  let isOpen = false;
  for (const { message } of stored) {
    const goesOn = message.endsWith(CONTINUES_MARK);
    const text = goesOn ? message.slice(0, -CONTINUES_MARK.length) : message;
    if (isOpen && message.startsWith(CONTINUED_MARK))
      whole.push((whole.pop() ?? '') + text.slice(CONTINUED_MARK.length));
    else whole.push(text);
    isOpen = goesOn;
  }
  return whole;
}

function compare({ certain, possible }: Written, stored: readonly string[], mayCryOut: boolean): string[] {
  const wanted = [...certain, ...possible];
  for (const [index, { sha, bytes }] of wanted.entries()) {
    const line = stored[index];
    const isCertain = index < certain.length;
    if (line === undefined)
      return isCertain
        ? [`${certain.length - index} of ${certain.length} lines are lost, from the program's line ${index} on`]
        : [];
    if (hash(line) === sha) continue;
    if (!isCertain && mayCryOut) return [];
    // The last write may have been cut off anywhere.
    if (!isCertain && index === stored.length - 1 && Buffer.byteLength(line) < bytes) return [];
    const place = wanted.findIndex((each) => each.sha === hash(line));
    return [
      `the program's line ${index} is not what is stored there: ${place >= 0 ? `its line ${place} is` : JSON.stringify(line.slice(0, 80))}`,
    ];
  }
  return stored.length > wanted.length && !mayCryOut
    ? [
        `${stored.length - wanted.length} lines are stored that the program never wrote, the first: ${JSON.stringify(stored[wanted.length]?.slice(0, 80))}`,
      ]
    : [];
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
