import { afterAll, beforeAll, expect, test } from 'vitest';
import { play } from './play.ts';
import { describeFaults } from './schedule/describe.ts';
import { KIND_SETS } from './schedule/fault-kinds.ts';
import { makeSchedule } from './schedule/make-schedule.ts';
import { SystemPool } from './system/system-pool.ts';

/** Fixed, so that a change is judged by the same schedules as the one before. Two of them cost a lease, and begin first. */
const SCHEDULES = [
  ...[1, 2].map((seed) => ({ set: 'long' as const, schedule: makeSchedule(seed, KIND_SETS.long) })),
  ...Array.from({ length: 23 }, (_, index) => ({
    set: 'quick' as const,
    schedule: makeSchedule(index + 101, KIND_SETS.quick),
  })),
];
const TIMEOUT_MS = 180_000;

const pool = new SystemPool(2, { fakeTime: null, hasDisks: false });
beforeAll(() => pool.start(), TIMEOUT_MS);
afterAll(() => pool.stop(), TIMEOUT_MS);

test.concurrent.each(
  SCHEDULES.map((each) => ({ ...each, name: `seed ${each.schedule.seed}: ${describeFaults(each.schedule)}` })),
)(
  'nothing is lost by $name',
  async ({ schedule, set }) => {
    const verdict = await pool.use((system) => play(system, schedule));
    const unique = [...new Set(verdict.violations.map(({ rule, what }) => `${rule}: ${what}`))];
    expect(unique, `again: npm run chaos -- --seed ${schedule.seed} --only ${set}`).toEqual([]);
  },
  SCHEDULES.length * TIMEOUT_MS,
);
