/**
 * Plays seeded schedules of faults against whole real systems and judges each: `npm run chaos`.
 *
 *     npm run chaos -- [--schedules 50] [--seed 1234] [--only kill,net-cut] [--minutes 90] [--parallel 2] [--plan]
 *
 * --seed alone plays that one schedule again; with --schedules it is the first of so many. --only takes kinds of faults
 * or beginnings of their names, or `quick` or `long`, of which the schedules of `npm test` are made; --plan prints the schedules and plays none. Exits with 1 when anything was lost.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runCampaign } from './campaign.ts';
import { describeFaults } from './schedule/describe.ts';
import { FAULT_KIND_NAMES, matchKinds } from './schedule/fault-kinds.ts';
import { makeSchedule } from './schedule/make-schedule.ts';
import { buildProduct } from './system/own-services.mjs';

const { values } = parseArgs({
  options: {
    schedules: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string' },
    minutes: { type: 'string' },
    parallel: { type: 'string', default: '2' },
    plan: { type: 'boolean', default: false },
  },
});
const count = numberOf('schedules', values.schedules) ?? (values.seed === undefined ? 50 : 1);
const firstSeed = numberOf('seed', values.seed) ?? Date.now() % 1_000_000_000;
const kinds = values.only ? matchKinds(values.only.split(',')) : FAULT_KIND_NAMES;
const seeds = Array.from({ length: count }, (_, index) => firstSeed + index);

if (values.plan) {
  for (const seed of seeds)
    console.log(
      `seed ${seed}: ${describeFaults(makeSchedule(seed, kinds))}\n${JSON.stringify(makeSchedule(seed, kinds))}`,
    );
} else {
  const minutes = numberOf('minutes', values.minutes);
  await buildProduct(fileURLToPath(new URL('..', import.meta.url)));
  const isClean = await runCampaign({
    seeds,
    kinds,
    onlyWords: values.only ?? null,
    systems: Math.min(count, numberOf('parallel', values.parallel) ?? 2),
    endMs: minutes === null ? Number.POSITIVE_INFINITY : performance.now() + minutes * 60_000,
  });
  process.exit(isClean ? 0 : 1);
}

function numberOf(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const number = Number(text);
  if (!Number.isFinite(number) || number < 0) throw new Error(`--${name} takes a number, found ${text}`);
  return number;
}
