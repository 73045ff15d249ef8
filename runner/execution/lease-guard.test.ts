import { expect, test } from 'vitest';
import { LeaseLostError, TransientError } from '../control-plane/control-plane.ts';
import { FakeControlPlane } from '../testing/fake-control-plane.ts';
import { makeRunSpec } from '../testing/run-specs.ts';
import { awakeOrAsleepMs, LeaseGuard } from './lease-guard.ts';

function guarded(sinceSentMs: number, isLost = false) {
  const controlPlane = new FakeControlPlane();
  const { spec } = controlPlane.offer(makeRunSpec({ repoRoot: '/nowhere' }));
  const run = controlPlane.runs.get(spec.runId);
  if (run) run.isLost = isLost;
  return { controlPlane, guard: new LeaseGuard(controlPlane, { runId: spec.runId, token: spec.lease.token }, 60_000, sinceSentMs) };
}
const { signal } = new AbortController();

test('a lease that can not have run out is not asked about', async () => {
  const { controlPlane, guard } = guarded(59_000);
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

test('the clock goes on', () => {
  const before = awakeOrAsleepMs();
  expect(before).toBeGreaterThan(0);
  expect(awakeOrAsleepMs()).toBeGreaterThanOrEqual(before);
});
