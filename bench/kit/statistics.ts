import { appendFileSync } from 'node:fs';
import { loadavg } from 'node:os';

/** How often each case is measured; the final form of a figure has at least 7. */
export const REPEATS = Number(process.env['REPEATS'] ?? 7);

/** Milliseconds on the clock that all processes of this machine share. */
export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export type Sample = Record<string, number>;

/**
 * Measures every case once a repeat, in an order that turns round each time, so that a slow spell of the machine
 * hits all cases alike.
 */
export async function interleaved<Case extends string>(
  cases: readonly Case[],
  measure: (name: Case, repeat: number) => Promise<Sample>,
  repeats = REPEATS,
): Promise<Record<Case, Sample[]>> {
  const samples = Object.fromEntries(cases.map((name) => [name, []])) as unknown as Record<Case, Sample[]>;
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    for (const name of repeat % 2 === 0 ? cases : [...cases].reverse()) samples[name].push(await measure(name, repeat));
    process.stderr.write(`repeat ${repeat + 1} of ${repeats}, load ${loadavg()[0]?.toFixed(1)}\n`);
  }
  return samples;
}

/** Ratios of two cases, formed inside each repeat. */
export function ratios(above: readonly Sample[], below: readonly Sample[], field: string): number[] {
  return above.map((sample, i) => (sample[field] ?? Number.NaN) / (below[i]?.[field] ?? Number.NaN));
}

export interface Row {
  name: string;
  values: readonly number[];
  unit: string;
  /** The figure that has to be met, and from which side; a row without one is there to explain the others. */
  gate?: { atMost: number } | { atLeast: number };
}

/** Prints medians with their quartiles and extremes, and whether the gates are met; RESULTS=FILE appends a JSON line. */
export function report(benchmark: string, rows: readonly Row[]): void {
  const table = rows.map(({ name, values, unit, gate }) => {
    const middle = median(values);
    const isMet = gate === undefined ? null : 'atMost' in gate ? middle <= gate.atMost : middle >= gate.atLeast;
    return {
      name,
      unit,
      median: round(middle),
      quartiles: `${round(quantile(values, 0.25))} – ${round(quantile(values, 0.75))}`,
      extremes: `${round(Math.min(...values))} – ${round(Math.max(...values))}`,
      samples: values.length,
      gate: gate === undefined ? '' : 'atMost' in gate ? `≤ ${gate.atMost}` : `≥ ${gate.atLeast}`,
      met: isMet === null ? '' : isMet ? 'yes' : 'NO',
    };
  });
  console.log(
    `\n${benchmark} (load ${loadavg()
      .map((load) => load.toFixed(1))
      .join(' ')})`,
  );
  console.table(Object.fromEntries(table.map(({ name, ...rest }) => [name, rest])));
  if (process.env['RESULTS'])
    appendFileSync(
      process.env['RESULTS'],
      `${JSON.stringify({ benchmark, at: new Date().toISOString(), node: process.version, load: loadavg(), rows: table })}\n`,
    );
  if (table.some(({ met }) => met === 'NO')) process.exitCode = 1;
}

function round(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(3)) : value;
}
