import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Violation } from './checker/facts.ts';
import { play, type Verdict } from './play.ts';
import { lossTable } from './report/loss-table.ts';
import { describeFaults } from './schedule/describe.ts';
import { kindOf, type FaultKind } from './schedule/fault-kinds.ts';
import { makeSchedule } from './schedule/make-schedule.ts';
import type { Schedule } from './schedule/schedule.ts';
import { findFakeTime } from './system/fake-clock.ts';
import type { System } from './system/system.ts';
import { SystemPool } from './system/system-pool.ts';

export interface CampaignOptions {
  seeds: readonly number[];
  kinds: readonly FaultKind[];
  /** What `--only` was given, to say how a schedule is played again. */
  onlyWords: string | null;
  /** How many systems at once. */
  systems: number;
  /** No schedule begins after this, on the monotonic clock. */
  endMs: number;
}

/** Plays the schedules, tells of each in a line, and of all in a table. @returns whether nothing was lost */
export async function runCampaign(options: CampaignOptions): Promise<boolean> {
  const fakeTime = options.kinds.some((kind) => kindOf(kind).needs === 'faketime')
    ? await findFakeTime(join(tmpdir(), 'overmind-chaos-tools'))
    : null;
  const hasDisks = options.kinds.some((kind) => kindOf(kind).needs === 'root');
  const waiting = [...options.seeds];
  const verdicts: Verdict[] = [];
  let troubles = 0;
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  if (fakeTime === null && options.kinds.some((kind) => kindOf(kind).needs === 'faketime'))
    console.log(
      'No clock can jump here: libfaketime was not found and could not be fetched. Those faults are left out.',
    );
  const pool = new SystemPool(options.systems, { fakeTime, hasDisks });
  await pool.start();
  try {
    await Promise.all(Array.from({ length: options.systems }, () => playAll()));
  } finally {
    await pool.stop();
  }
  console.log(lossTable(verdicts));
  if (troubles > 0) console.log(`${troubles} schedules could not be played to their end.`);
  return troubles === 0 && verdicts.length > 0 && verdicts.every(({ violations }) => violations.length === 0);

  async function playAll(): Promise<void> {
    for (
      let seed = waiting.shift();
      seed !== undefined && !stopping.signal.aborted && performance.now() < options.endMs;
      seed = waiting.shift()
    ) {
      const schedule = makeSchedule(seed, options.kinds);
      await pool
        .use((system) => playOne(system, schedule))
        .catch((error: unknown) => {
          troubles += 1;
          console.log(
            `! seed ${schedule.seed} could not be played (${describeFaults(schedule)}): ${error instanceof Error ? error.stack : String(error)}`,
          );
        });
    }
  }

  async function playOne(system: System, schedule: Schedule): Promise<void> {
    const verdict = await play(system, schedule);
    verdicts.push(verdict);
    console.log(verdictLine(verdict));
    if (verdict.violations.length > 0) tell(system, verdict, options.onlyWords);
  }
}

function verdictLine({ schedule, violations, durationMs, facts }: Verdict): string {
  const missed = facts.faults.filter(({ hit }) => hit === null).length;
  const notes = [
    ...(missed > 0 ? [`${missed} hit nothing`] : []),
    ...(facts.isStarved ? ['the machine is busy with other work'] : []),
  ];
  const note = notes.length > 0 ? ` (${notes.join('; ')})` : '';
  return `${violations.length === 0 ? '✓' : '✗'} seed ${schedule.seed}  ${(durationMs / 1_000).toFixed(1)} s  ${schedule.apis} api, ${schedule.runners} runners, ${schedule.tasks.length} tasks, ${facts.runs.length} runs  ${describeFaults(schedule)}${note}`;
}

function tell(system: System, { schedule, violations, facts }: Verdict, onlyWords: string | null): void {
  for (const { rule, what } of unique(violations).slice(0, 12)) console.log(`    ${rule}: ${what}`);
  const folder = join(tmpdir(), 'overmind-chaos-findings', `seed-${schedule.seed}-${Date.now().toString(36)}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'facts.json'),
    JSON.stringify(
      { schedule, violations, facts },
      (_key, value: unknown): unknown =>
        value instanceof Map ? Object.fromEntries(value) : value instanceof Set ? [...value] : value,
      1,
    ),
  );
  cpSync(join(system.folder, 'logs'), join(folder, 'logs'), { recursive: true });
  console.log(
    `    facts and logs: ${folder}\n    again: npm run chaos -- --seed ${schedule.seed}${onlyWords ? ` --only ${onlyWords}` : ''}`,
  );
}

function unique(violations: readonly Violation[]): Violation[] {
  return [...new Map(violations.map((violation) => [violation.what, violation])).values()];
}
