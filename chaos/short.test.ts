import { afterAll, beforeAll, expect, test } from 'vitest';
import { play } from './play.ts';
import { describeFaults } from './schedule/describe.ts';
import { FAULT_KIND_NAMES, kindOf } from './schedule/fault-kinds.ts';
import { makeSchedule } from './schedule/make-schedule.ts';
import { SystemPool } from './system/system-pool.ts';

/** What every machine can do: neither root nor a package is needed. */
const PORTABLE = FAULT_KIND_NAMES.filter((name) => !kindOf(name).needs);
const QUICK = PORTABLE.filter((name) => !kindOf(name).isLong);
const LONG = PORTABLE.filter((name) => kindOf(name).isLong);

/** Fixed, so that a change is judged by the same schedules as the one before. Two of them cost a lease, and begin first. */
const SCHEDULES = [
  ...[1, 2].map((seed) => makeSchedule(seed, LONG)),
  ...Array.from({ length: 23 }, (_, index) => makeSchedule(index + 101, QUICK)),
];
const TIMEOUT_MS = 180_000;

const pool = new SystemPool(2, { fakeTime: null, hasDisks: false });
beforeAll(() => pool.start(), TIMEOUT_MS);
afterAll(() => pool.stop(), TIMEOUT_MS);

test.concurrent.each(SCHEDULES.map((schedule) => ({ schedule, name: `seed ${schedule.seed}: ${describeFaults(schedule)}` })))('nothing is lost by $name', async ({ schedule }) => {
  const verdict = await pool.use((system) => play(system, schedule));
  const unique = [...new Set(verdict.violations.map(({ rule, what }) => `${rule}: ${what}`))];
  expect(unique).toEqual([]);
}, SCHEDULES.length * TIMEOUT_MS);
