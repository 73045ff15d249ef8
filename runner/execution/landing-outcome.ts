import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { removeMergedBranches } from './landing-branches.ts';
import { finishCheckout, releaseCheckout } from './landing-checkouts.ts';
import type { Git } from './git.ts';
import type { LandingOrder } from './landing-order.ts';
import { readLandingRecord } from './landing-record.ts';
import { isAncestor, openLandingRepository, readCommit, type GitPlace } from './landing-repository.ts';

/** Longer than any ordinary checkout takes. One that was ended with the machine has left its lock, and writes no more. */
const ORPHAN_PATIENCE_MS = 60_000;
const ORPHAN_LOOK_MS = 50;

export interface LandingOutcome {
  isMerged: boolean;
  /** The base's commit that has it; null: none has. */
  headCommit: string | null;
}

/**
 * Finishes what a crash has left between locking a checkout and its following the branch, or clears it up where the
 * branch has not moved.
 * @returns what is to be told: '' when there is nothing to say
 */
export async function finishLanding(git: Git, order: Pick<LandingOrder, 'recordFile' | 'path'>): Promise<string> {
  const record = readLandingRecord(order.recordFile);
  if (!record) return '';
  await workEnded(order.path);
  let note = '';
  try {
    if (!(await holds(git, record.place, record.baseRef, record.to))) return '';
    for (const checkout of record.checkouts) note += await finishCheckout(git, checkout, { ...record, path: order.path });
    return note;
  } finally {
    // Whatever went wrong: nothing more will be done with them.
    for (const checkout of record.checkouts) releaseCheckout(checkout, record.runId);
  }
}

/**
 * Whether the approved commit is in its base, by looking: for a runner that no longer holds the run, and has to say
 * how it went.
 */
export async function lookAtLanding(git: Git, order: LandingOrder): Promise<{ outcome: LandingOutcome; note: string }> {
  mkdirSync(order.path, { recursive: true, mode: 0o700 });
  let note: string;
  try {
    note = await finishLanding(git, order);
  } finally {
    rmSync(order.path, { recursive: true, force: true });
  }
  const { repository, git: safeGit } = await openLandingRepository(git, order);
  const { place, baseRef, baseCommit, commit } = repository;
  if (!(await holds(git, place, baseRef, commit))) return { outcome: { isMerged: false, headCommit: null }, note };
  const record = readLandingRecord(order.recordFile);
  await removeMergedBranches(safeGit, repository, order.branch, baseCommit);
  return { outcome: { isMerged: true, headCommit: record && (await holds(git, place, baseRef, record.to)) ? record.to : baseCommit }, note };
}

/** A Git that a killed runner had started goes on writing files to its end; it keeps a lock of our own copy of the index meanwhile. */
async function workEnded(folder: string): Promise<void> {
  const isAtWork = (): boolean => existsSync(folder) && readdirSync(folder).some((name) => /^index-.*\.lock$/.test(name));
  for (const sinceMs = performance.now(); isAtWork() && performance.now() - sinceMs < ORPHAN_PATIENCE_MS; ) await sleep(ORPHAN_LOOK_MS);
}

async function holds(git: Git, place: GitPlace, ref: string, commit: string): Promise<boolean> {
  const safeGit = await git.neutralize(place);
  const tip = await readCommit(safeGit, place, ref);
  if (tip === null) return false;
  return isAncestor(safeGit, place, commit, tip);
}
