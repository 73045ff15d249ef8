import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LandingReport } from '../control-plane/control-plane.ts';
import { removeMergedBranches } from './landing-branches.ts';
import { finishCheckout, mayBeBehind, releaseCheckout } from './landing-checkouts.ts';
import type { Git } from './git.ts';
import { explainTrouble, whyOf } from './git-trouble.ts';
import type { LandingOrder } from './landing-order.ts';
import { keepLandingNote, readLandingRecord, type LandingRecord } from './landing-record.ts';
import type { RefMove } from './landing-ref.ts';
import { isAncestor, openLandingRepository, readCommit, type GitPlace } from './landing-repository.ts';
import { RunFailure } from './outcome.ts';

/** Longer than any ordinary checkout takes. One that was ended with the machine has left its lock, and writes no more. */
const ORPHAN_PATIENCE_MS = 60_000;
const ORPHAN_LOOK_MS = 50;
/** For a Git that can not be asked where a branch is. */
const ANSWER_PATIENCE_MS = 10_000;
const ANSWER_RETRY_MS = 200;

export type LandingOutcome = Omit<LandingReport, 'note'>;

/**
 * Finishes what a crash has left between locking a checkout and its following the branch. Where the branch has not moved
 * it is cleared up; where it is no longer there (the merge was taken back), the checkouts go back to where they were.
 * @returns what is to be told: '' when there is nothing to say
 * @throws RunFailure when the branch can not be looked at. The checkouts stay locked then, for whoever looks next
 */
export async function finishLanding(
  git: Git,
  order: Pick<LandingOrder, 'recordFile' | 'path' | 'answerPatienceMs'>,
): Promise<string> {
  const record = readLandingRecord(order.recordFile);
  if (!record) return '';
  await workEnded(order.path);
  const isMoved = await untilAnswered(
    record.baseRef,
    () => holds(git, record.place, record.baseRef, record.to),
    order.answerPatienceMs,
  );
  if (!isMoved && !record.hasMoved) return letGo(order.recordFile, record, record.note);
  const way = isMoved ? record : { ...record, from: record.to, to: record.from };
  // As long as all of them are locked, what there is to be told is found out anew.
  let note = record.checkouts.every((checkout) => mayBeBehind(checkout, record.runId)) ? '' : record.note;
  for (const checkout of record.checkouts) {
    const left = await finishCheckout(git, checkout, { ...way, path: order.path });
    if (!note.includes(left)) note += left;
  }
  return letGo(order.recordFile, record, note);
}

/**
 * Lets go of what a crash has locked, when nobody will look at the branch any more.
 * @returns what is to be told: '' when no checkout can be behind
 */
export function abandonLanding(recordFile: string): string {
  const record = readLandingRecord(recordFile);
  if (!record) return '';
  const branch = record.baseRef.slice('refs/heads/'.length);
  // What was written down tells of all of them.
  const unknown = record.note === '' ? record.checkouts.filter((checkout) => mayBeBehind(checkout, record.runId)) : [];
  const left = unknown.map(
    ({ folder }) =>
      ` Whether ${folder} has followed ${branch} is not known. Look at \`git status\` there: if it shows changes that are not yours, put aside what you have changed yourself, and run \`git reset --hard\` there; before that, commit nothing there.`,
  );
  return letGo(recordFile, record, `${record.note}${left.join('')}`);
}

/** Lets all checkouts go; what is left to do there is written down first. */
function letGo(recordFile: string, record: LandingRecord, note: string): string {
  keepLandingNote(recordFile, record, note);
  return note + record.checkouts.map((checkout) => releaseCheckout(checkout, record.runId)).join('');
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
    clearAside(order.path);
  }
  const { repository, git: safeGit } = await openLandingRepository(git, order);
  const { place, baseRef, baseCommit, commit } = repository;
  if (!(await holds(git, place, baseRef, commit))) return { outcome: { isMerged: false, headCommit: null }, note };
  const record = readLandingRecord(order.recordFile);
  // That it was merged is what counts.
  await removeMergedBranches(safeGit, repository, order.branch, baseCommit).catch((error: unknown) => {
    note += ` The task's merged branches could not be removed: ${whyOf(explainTrouble(error, place.cwd))}`;
  });
  return {
    outcome: {
      isMerged: true,
      headCommit: record && (await holds(git, place, baseRef, record.to)) ? record.to : baseCommit,
    },
    note,
  };
}

/** Whether the branch has made a move that Git was told to make and did not say it has. @throws RunFailure when Git can not be asked */
export async function hasMoved(git: Git, place: GitPlace, { ref, from, to }: RefMove): Promise<boolean> {
  return untilAnswered(ref, async () => {
    const tip = await readCommit(git, place, ref);
    if (tip === null) throw new Error('it can not be read');
    // Somebody may have built on it since. Taking a merge back leads to what everything rests on: there, only the commit itself counts.
    return tip === to || (tip !== from && (await isAncestor(git, place, from, to)) && isAncestor(git, place, to, tip));
  });
}

/** What was prepared aside. It lies in the run's folder, which goes, or is kept and named, by itself: the landing does not depend on it. */
export function clearAside(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}

/** A Git that can not be asked just now says nothing about where a branch is: it is asked again before anything is told. */
async function untilAnswered<T>(ref: string, look: () => Promise<T>, patienceMs = ANSWER_PATIENCE_MS): Promise<T> {
  for (const sinceMs = performance.now(); ;) {
    try {
      return await look();
    } catch (error) {
      if (performance.now() - sinceMs >= patienceMs)
        throw new RunFailure(
          'internal',
          `Whether ${ref} has moved is not known, because Git can not be asked: ${whyOf(error)} Approving again finds it out.`,
          [],
          { cause: error },
        );
      await sleep(ANSWER_RETRY_MS);
    }
  }
}

/** A Git that a killed runner had started goes on writing files to its end; it keeps a lock of our own copy of the index meanwhile. */
async function workEnded(folder: string): Promise<void> {
  const isAtWork = (): boolean =>
    existsSync(folder) && readdirSync(folder).some((name) => /^index-.*\.lock$/.test(name));
  for (const sinceMs = performance.now(); isAtWork() && performance.now() - sinceMs < ORPHAN_PATIENCE_MS;)
    await sleep(ORPHAN_LOOK_MS);
}

async function holds(git: Git, place: GitPlace, ref: string, commit: string): Promise<boolean> {
  const safeGit = await git.neutralize(place);
  const tip = await readCommit(safeGit, place, ref);
  // It was there: a Git that can not read it just now is no answer.
  if (tip === null) throw new Error('it can not be read');
  return isAncestor(safeGit, place, commit, tip);
}
