import type { Rule } from '../checker/facts.ts';
import type { Verdict } from '../play.ts';
import type { FaultKind } from '../schedule/fault-kinds.ts';

const RULES: readonly Rule[] = ['lines', 'viewers', 'endings', 'attempts', 'tasks', 'processes', 'git', 'falls'];

/** What was lost, by rule and by kind of fault. Zeros are what it is for. */
export function lossTable(verdicts: readonly Verdict[]): string {
  const kinds = [
    ...new Set(verdicts.flatMap(({ facts }) => facts.faults.filter(({ hit }) => hit !== null).map(({ kind }) => kind))),
  ].sort();
  const rows = kinds.map((kind) =>
    rowOf(
      kind,
      verdicts.filter(({ facts }) => facts.faults.some((fault) => fault.kind === kind && fault.hit !== null)),
      kind,
    ),
  );
  const width = Math.max(10, ...kinds.map(({ length }) => length));
  const header = `${'fault'.padEnd(width)}  schedules  hits  ${RULES.join('  ')}`;
  const runs = verdicts.reduce((sum, { facts }) => sum + facts.runs.length, 0);
  const lines = verdicts.reduce(
    (sum, { facts }) => sum + [...facts.lines.values()].reduce((more, { length }) => more + length, 0),
    0,
  );
  return [
    '',
    header,
    ...rows.map((row) => format(row, width)),
    format(rowOf('all', verdicts, null), width),
    '',
    `${verdicts.length} schedules, ${runs} runs, ${lines} lines. ${rateInWords(verdicts.filter(({ violations }) => violations.length > 0).length, verdicts.length)}`,
  ].join('\n');
}

interface Row {
  name: string;
  schedules: number;
  hits: number;
  lost: number[];
}

function rowOf(name: string, verdicts: readonly Verdict[], kind: FaultKind | null): Row {
  return {
    name,
    schedules: verdicts.length,
    hits: verdicts.reduce(
      (sum, { facts }) =>
        sum + facts.faults.filter((fault) => fault.hit !== null && (kind === null || fault.kind === kind)).length,
      0,
    ),
    lost: RULES.map(
      (rule) => verdicts.filter(({ violations }) => violations.some((violation) => violation.rule === rule)).length,
    ),
  };
}

function format({ name, schedules, hits, lost }: Row, width: number): string {
  return `${name.padEnd(width)}  ${String(schedules).padStart(9)}  ${String(hits).padStart(4)}  ${lost.map((count, index) => String(count).padStart(RULES[index]?.length ?? 0)).join('  ')}`;
}

/** The rate of schedules in which something was lost, with the bound that 95 of 100 such campaigns keep. */
export function rateInWords(lost: number, of: number): string {
  if (of === 0) return 'Nothing was played.';
  // 0 of n: the rule of three. Otherwise Wilson's upper bound.
  const rate = lost / of;
  const z = 1.645;
  const upper =
    lost === 0
      ? 3 / of
      : (rate + z ** 2 / (2 * of) + z * Math.sqrt((rate * (1 - rate)) / of + z ** 2 / (4 * of ** 2))) /
        (1 + z ** 2 / of);
  return `Something was lost in ${lost} of ${of}: ${(rate * 100).toFixed(2)} %, with 95 % certainty less than ${(Math.min(1, upper) * 100).toFixed(2)} %.`;
}
