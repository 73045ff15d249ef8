import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endGroup, endProcess, isAlive, isStillRunning } from './processes.mjs';
import { ProcessRecord } from './process-record.mjs';
import { codeOf } from './start-failure.mjs';

/** All of them have noticed that their supervisor is gone; a runner needs 3 s at most to leave its runs. */
const RUNNER_LEAVE_MS = 4_000;
const PROGRAM_STEPS = /** @type {const} */ ([
  ['SIGTERM', 8_000],
  ['SIGKILL', 2_000],
]);
// SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave.
const SERVICE_STEPS = /** @type {const} */ ([
  ['SIGINT', 20_000],
  ['SIGKILL', 2_000],
]);

/**
 * Ends what an earlier start of this data directory left running when it was killed. What runners have under way is left
 * alone: keepers go on, and the next runner adopts them.
 * @param {string} dataDir
 * @returns {Promise<string[]>} the names of what was ended
 */
export async function endLeftovers(dataDir) {
  const leftovers = new ProcessRecord(dataDir).leftovers();
  await Promise.all(
    leftovers.map(async ([name, left]) => {
      if (name === 'runner') await leave(left);
      else if (left.kind === 'group') await endGroup(left);
      else if (!isService(name, left)) await endProcess(left, PROGRAM_STEPS);
    }),
  );
  await Promise.all(
    leftovers.filter(([name, left]) => isService(name, left)).map(([, left]) => endProcess(left, SERVICE_STEPS)),
  );
  return leftovers.map(([name]) => name);
}

/**
 * @param {string} name
 * @param {import('./process-record.mjs').RecordedProcess} left by an older version, without its kind
 */
function isService(name, { kind }) {
  return kind === 'service' || (kind === undefined && ['postgres', 'redis'].includes(name));
}

/**
 * A runner takes SIGTERM for the wish to end its runs; killed, it ends none.
 * @param {import('./processes.mjs').ProcessIdentity} runner
 */
async function leave(runner) {
  const deadline = performance.now() + RUNNER_LEAVE_MS;
  while (isStillRunning(runner) && performance.now() < deadline) await sleep(20);
  await endProcess(runner, [['SIGKILL', 2_000]]);
}

// What files.mjs, service-home.mjs and data-directory.mjs write aside before they rename it: `<name>.<pid>.tmp`.
const HALF_DONE = /\.(\d+)\.(?:tmp|stale)$/;

/**
 * Removes files and folders that killed starts left half done.
 * @param {readonly string[]} folders
 */
export function removeHalfDone(folders) {
  for (const folder of folders) {
    for (const name of namesIn(folder)) {
      const pid = Number(HALF_DONE.exec(name)?.[1] ?? Number.NaN);
      // Another start may share a clone's folders; its process lives.
      if (Number.isInteger(pid) && (pid === process.pid || !isAlive(pid)))
        rmSync(path.join(folder, name), { recursive: true, force: true });
    }
  }
}

/** @param {string} folder */
function namesIn(folder) {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}
