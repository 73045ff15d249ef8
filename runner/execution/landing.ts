import { mkdirSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { TransientError } from '../control-plane/control-plane.ts';
import { findCheckouts } from './checkouts.ts';
import type { Git } from './git.ts';
import { explainTrouble, LockedFailure, whyOf, withNote } from './git-trouble.ts';
import { isTooOld, MAX_GRANT_AGE_MS, now } from './grant-age.ts';
import { FollowingCheckout } from './landing-checkouts.ts';
import { MergeRoom } from './landing-merge.ts';
import type { Landed, LandingCommits, LandingOrder } from './landing-order.ts';
import { keepLandingNote, keepMoved, writeLandingRecord } from './landing-record.ts';
import { RefTransaction, type RefMove } from './landing-ref.ts';
import { isAncestor, openLandingRepository, type GitPlace, type LandingRepository } from './landing-repository.ts';
import { tellLanded } from './landing-told.ts';
import { clearAside, finishLanding, hasMoved } from './landing-outcome.ts';
import { RunFailure } from './outcome.ts';
import { readRepositoryPlaces } from './repository-places.ts';
import { durationInWords } from './words.ts';

/** How often a base branch may move under a landing before it is given up. */
const MAX_MOVES = 10;
/** How often the last word is asked for when time has passed since the one before. */
const MAX_ASKS = 5;
/** A Git at work lets go of its locks within moments. */
const LOCK_PATIENCE_MS = 5_000;
const LOCK_RETRY_MS = 200;
/** While the control plane is away the branch is not kept locked. */
const AWAY_RETRY_MS = 1_000;

/** Landings in one repository happen one after another: they share its branch and its checkouts. */
const queues = new Map<string, Promise<unknown>>();

/**
 * Puts an approved commit into its base: prepared aside, the branch locked, the control plane asked for the last word,
 * then the branch moves, and the checkouts that have it follow. Up to the last word nothing of the repository is
 * touched but its store of objects. May be repeated after a crash.
 * @throws RunFailure merge_conflict, review_outdated, repo_dirty, repo_missing, path_refused, disk_full, worktree_failed; LeaseLostError and
 *   RefusedError of the last word. Nothing has moved then
 */
export async function landBranch(git: Git, order: LandingOrder): Promise<Landed> {
  const { commonDir } = readRepositoryPlaces(order.root);
  const before = queues.get(commonDir) ?? Promise.resolve();
  const landing = before
    .then(() => landNow(git, order))
    .catch((error: unknown) => {
      throw explainTrouble(error, order.root);
    });
  queues.set(
    commonDir,
    landing.catch(() => undefined),
  );
  return landing;
}

async function landNow(git: Git, order: LandingOrder): Promise<Landed> {
  mkdirSync(order.path, { recursive: true, mode: 0o700 });
  try {
    // Before anything: what was cut off between moving the branch and the checkout is finished.
    const finished = await finishLanding(git, order);
    let lockedSinceMs: number | null = null;
    for (let moves = 0; moves < MAX_MOVES;) {
      order.signal.throwIfAborted();
      try {
        const landed = await tryLanding(git, order, finished);
        if (landed) return landed;
        moves += 1;
      } catch (error) {
        const trouble = explainTrouble(error, order.root);
        if (trouble instanceof LockedFailure) lockedSinceMs ??= performance.now();
        const isWorthWaiting =
          trouble instanceof LockedFailure &&
          !trouble.isStale &&
          performance.now() - (lockedSinceMs ?? 0) < LOCK_PATIENCE_MS;
        if (!isWorthWaiting && !(trouble instanceof TransientError)) throw trouble;
        await sleep(isWorthWaiting ? LOCK_RETRY_MS : AWAY_RETRY_MS, undefined, { signal: order.signal });
      }
    }
    throw new RunFailure(
      'internal',
      `The base branch moved ${MAX_MOVES} times while the merge was made; try again when it is quiet. Nothing was changed.`,
    );
  } finally {
    clearAside(order.path);
  }
}

/**
 * @param finished what is to be told of a merge that a crash had cut off
 * @returns null when the base, or a checkout of it, has changed meanwhile
 */
async function tryLanding(plainGit: Git, order: LandingOrder, finished: string): Promise<Landed | null> {
  const { repository, git } = await openLandingRepository(plainGit, order);
  await order.onStep?.('opened');
  const { baseCommit, commit, baseBranch } = repository;
  // Before anything is written: a disk that is full by now does not undo what was merged.
  if (await isAncestor(git, repository.place, commit, baseCommit)) {
    await order.lastWord({ baseCommit, mergeCommit: baseCommit });
    return tellLanded(git, repository, order, { head: baseCommit, note: finished });
  }
  const room = await MergeRoom.open(git, repository, `${order.path}/room`);
  await requireAsReviewed(room, repository, order);
  const mergeCommit = await room.merge(repository, order);
  await order.onStep?.('prepared');
  const checkouts = await findCheckouts(git, repository, order);
  const way = { from: baseCommit, to: mergeCommit, baseBranch };
  const followers: FollowingCheckout[] = [];
  for (const checkout of checkouts)
    followers.push(await FollowingCheckout.prepare(plainGit, checkout, way, order, followers.length));
  await order.onStep?.('checked');
  const home = checkouts[0];
  const place = home ? { cwd: home.folder, gitDir: home.gitDir } : repository.place;
  const move = {
    ref: repository.baseRef,
    from: baseCommit,
    to: mergeCommit,
    message: `overmind: merge ${order.branch}`,
    author: order.author,
  };
  const placedGit = await plainGit.neutralize(place);
  const transaction = await RefTransaction.prepare(placedGit, place, move);
  if (!transaction) return null;
  let note = '';
  try {
    await order.onStep?.('locked');
    order.signal.throwIfAborted();
    const record = {
      runId: order.runId,
      place,
      baseRef: repository.baseRef,
      from: baseCommit,
      to: mergeCommit,
      checkouts,
      note: '',
      hasMoved: false,
    };
    const isStill = await hasLastWord(order, { baseCommit, mergeCommit }, async () => {
      writeLandingRecord(order.recordFile, record);
      if (!followers.every((follower) => follower.take(order.runId))) return false;
      // A rebase or another checkout of the base may have begun since it was looked at; from here on the locks keep them out.
      return isDeepStrictEqual(await findCheckouts(git, repository, order), checkouts);
    });
    if (!isStill) return null;
    await commitMove(placedGit, transaction, { place, move });
    const moved = keepMoved(order.recordFile, record);
    await order.onStep?.('committed');
    note = await follow(placedGit, followers, { place, move, baseBranch }, (left) =>
      keepLandingNote(order.recordFile, moved, left),
    );
  } finally {
    await transaction.abort();
    // Where nothing has moved, the next landing names a lock that is left.
    for (const follower of followers) note += follower.release();
  }
  await order.onStep?.('checkout_updated');
  return tellLanded(git, repository, order, { head: mergeCommit, note });
}

/**
 * Asks for the last word, makes ready, and asks again when that took too long: whoever was stopped or suspended in
 * between may have lost the lease meanwhile.
 */
async function hasLastWord(
  order: LandingOrder,
  commits: LandingCommits,
  makeReady: () => Promise<boolean>,
): Promise<boolean> {
  for (let asks = 0; asks < MAX_ASKS; asks += 1) {
    const asked = now();
    await order.lastWord(commits);
    await order.onStep?.('granted');
    if (!(await makeReady())) return false;
    await order.onStep?.('recorded');
    if (!isTooOld(asked)) return true;
  }
  throw new RunFailure(
    'internal',
    `The control plane took longer than ${durationInWords(MAX_GRANT_AGE_MS)} for the last word, ${MAX_ASKS} times. Nothing was changed; approve again.`,
  );
}

interface Move {
  place: GitPlace;
  move: RefMove;
}

async function commitMove(git: Git, transaction: RefTransaction, { place, move }: Move): Promise<void> {
  try {
    await transaction.commit();
  } catch (error) {
    // Git may have been ended after it did the work and before it said so.
    if (!(await hasMoved(git, place, move))) throw error;
  }
}

/**
 * The checkouts follow the branch. Where one can not, all is taken back.
 * @param keep is given what is to be told, also of what was taken back, while all checkouts are locked
 * @returns what is to be told: '' when all went well
 */
async function follow(
  git: Git,
  followers: readonly FollowingCheckout[],
  { baseBranch, ...move }: Move & { baseBranch: string },
  keep: (note: string) => void,
): Promise<string> {
  const done: FollowingCheckout[] = [];
  try {
    for (const follower of followers) {
      await follower.follow();
      done.push(follower);
    }
    return '';
  } catch (error) {
    const standing = await takeBack(git, move);
    if (standing !== null) {
      const behind = followers
        .filter((follower) => !done.includes(follower))
        .map(({ folder }) => folder)
        .join(', ');
      const note = ` ${whyOf(error)} ${baseBranch} has moved all the same: ${standing}. Put aside what you have changed in ${behind} yourself, and run \`git reset --hard\` there; before that, commit nothing there.`;
      keep(note);
      return note;
    }
    let note = '';
    for (const follower of done) note += await follower.goBack();
    // The one that could not follow tells in its own failure what is left of it.
    keep(`${followers[done.length]?.left ?? ''}${note}`);
    throw withNote(error, note);
  }
}

/** @returns null when the branch is back; else why the merge stands */
async function takeBack(git: Git, { place, move }: Move): Promise<string | null> {
  const back = { ...move, from: move.to, to: move.from, message: 'overmind: take back a merge' };
  try {
    // The checkouts are locked, so nothing else can be done about it later: whoever holds the branch for a moment is waited for.
    const transaction = await RefTransaction.prepare(
      git.with([['core.filesRefLockTimeout', String(LOCK_PATIENCE_MS)]]),
      place,
      back,
    );
    if (!transaction) return 'somebody builds on the merge already';
    await commitMove(git, transaction, { place, move: back });
    return null;
  } catch (error) {
    const why = whyOf(explainTrouble(error, place.cwd)).replace(/\.$/, '');
    return `it could not be taken back (${why})`;
  }
}

async function requireAsReviewed(
  room: MergeRoom,
  { baseCommit, baseBranch, commit }: LandingRepository,
  { reviewedBaseCommit, branch }: LandingOrder,
): Promise<void> {
  const bases = await room.mergeBases(baseCommit, commit);
  if (bases.length === 0) {
    throw new RunFailure(
      'review_outdated',
      `${branch} and ${baseBranch} have no history in common any more: ${baseBranch} was replaced since the review. Send the task back, so that it starts from ${baseBranch} as it is now. Nothing was changed.`,
    );
  }
  if (reviewedBaseCommit === null || bases.includes(reviewedBaseCommit)) return;
  throw new RunFailure(
    'review_outdated',
    `What was reviewed is not what would be merged: the diff was made against ${reviewedBaseCommit.slice(0, 10)} of ${baseBranch}, and that branch has been moved to another line of history since, which parts from ${branch} at ${bases.map((base) => base.slice(0, 10)).join(', ')}. ` +
      `Merging would change more or less than you saw, for example bring back commits that were dropped from ${baseBranch}. Send the task back, and look at the new diff. Nothing was changed.`,
  );
}
