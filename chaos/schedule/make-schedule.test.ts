import { expect, test } from 'vitest';
import { describeFaults } from './describe.ts';
import { FAULT_KIND_NAMES, kindOf, matchKinds } from './fault-kinds.ts';
import { makeSchedule } from './make-schedule.ts';

const seeds = Array.from({ length: 2_000 }, (_, seed) => seed);

test('the same seed makes the same schedule', () => {
  for (const seed of seeds.slice(0, 200))
    expect(JSON.stringify(makeSchedule(seed))).toBe(JSON.stringify(makeSchedule(seed)));
});

test('a seed means the same tomorrow and on another machine', () => {
  expect(describeFaults(makeSchedule(1234))).toMatchInlineSnapshot(`"net-half-open at 3.2 s for 2.9 s"`);
  expect(makeSchedule(1234).tasks[0]).toMatchInlineSnapshot(`
    {
      "agent": {
        "commits": false,
        "everyMs": 16,
        "failures": 0,
        "files": 3,
        "leavesDaemon": false,
        "lines": 36,
        "linesAWrite": 3,
        "longEvery": 0,
        "onTerm": "ignore",
        "stderrEvery": 0,
      },
      "atMs": 482,
      "cancelAfterApprovalMs": null,
      "cancelAtMs": null,
      "review": "approve",
      "reviewAfterMs": 255,
      "stopAtMs": null,
    }
  `);
});

test('other seeds make other schedules', () => {
  expect(new Set(seeds.map((seed) => JSON.stringify(makeSchedule(seed)))).size).toBe(seeds.length);
});

test('every kind of fault comes up, and at most one that costs a lease in a schedule', () => {
  const schedules = seeds.map((seed) => makeSchedule(seed));
  expect(
    FAULT_KIND_NAMES.filter((name) => !schedules.some(({ faults }) => faults.some(({ kind }) => kind === name))),
  ).toEqual([]);
  for (const { faults } of schedules) {
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.filter(({ kind }) => kindOf(kind).isLong).length).toBeLessThanOrEqual(1);
  }
});

test('a fault that waits for a merge has one to wait for', () => {
  const waiting = seeds
    .map((seed) => makeSchedule(seed))
    .filter(({ faults }) => faults.some(({ when }) => 'on' in when && when.on === 'merge_started'));
  expect(waiting.length).toBeGreaterThan(0);
  for (const { tasks } of waiting)
    expect(tasks[0]).toMatchObject({ review: 'approve', cancelAtMs: null, stopAtMs: null, agent: { failures: 0 } });
});

test('only what was asked for is chosen', () => {
  const kinds = matchKinds(['net-', 'kill-api']);
  expect(kinds).toContain('net-throttle');
  for (const seed of seeds.slice(0, 200))
    for (const { kind } of makeSchedule(seed, kinds).faults) expect(kinds).toContain(kind);
  expect(matchKinds(['quick'])).not.toContain('kill-runner-long');
  expect(() => matchKinds(['kill-nobody'])).toThrow('kill-nobody');
});
