import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { LeaseLostError, TransientError } from '../control-plane/control-plane.ts';
import { FakeControlPlane } from '../testing/fake-control-plane.ts';
import { makeRunSpec } from '../testing/run-specs.ts';
import { AWAKE_OR_ASLEEP_STEP_MS, awakeOrAsleepMs } from './awake-or-asleep.ts';
import { LeaseGuard } from './lease-guard.ts';

function guarded(sinceSentMs: number, isLost = false) {
  const controlPlane = new FakeControlPlane();
  const { spec } = controlPlane.offer(makeRunSpec({ repoRoot: '/nowhere' }));
  const run = controlPlane.runs.get(spec.runId);
  if (run) run.isLost = isLost;
  return {
    controlPlane,
    guard: new LeaseGuard(controlPlane, { runId: spec.runId, token: spec.lease.token }, 60_000, sinceSentMs),
  };
}
const { signal } = new AbortController();
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test('a lease that can not have run out is not asked about', async () => {
  const { controlPlane, guard } = guarded(58_000);
  await guard.require(signal);
  expect(controlPlane.renewals).toBe(0);
});

test('one that may have run out is asked about, once, until the control plane answers', async () => {
  const { controlPlane, guard } = guarded(61_000);
  let failures = 0;
  const renew = controlPlane.renew;
  controlPlane.renew = async (leases) => {
    failures += 1;
    if (failures < 3) throw new TransientError('away');
    return renew(leases);
  };
  await guard.require(signal);
  await guard.require(signal);
  expect([failures, controlPlane.renewals]).toEqual([3, 1]);
});

test('one that was lost, or never renewed by this runner and lost, is said to be so', async () => {
  await expect(guarded(61_000, true).guard.require(signal)).rejects.toThrow(LeaseLostError);
  await expect(guarded(Number.POSITIVE_INFINITY, true).guard.require(signal)).rejects.toThrow(LeaseLostError);
});

test('one that ends within one step of the clock may have run out', async () => {
  const { controlPlane, guard } = guarded(60_000 - AWAKE_OR_ASLEEP_STEP_MS);
  await guard.require(signal);
  expect(controlPlane.renewals).toBe(1);
});

test('one that ran out while the machine slept is asked about: the clocks of Node stood still or were set back', async () => {
  vi.spyOn(performance, 'now').mockReturnValue(performance.now());
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 });
  const { controlPlane, guard } = guarded(60_000 - AWAKE_OR_ASLEEP_STEP_MS - 500);
  await guard.require(signal);
  expect(controlPlane.renewals).toBe(0);
  const before = awakeOrAsleepMs();
  while (awakeOrAsleepMs() - before < 600) await sleep(20);
  await guard.require(signal);
  expect(controlPlane.renewals).toBe(1);
});
