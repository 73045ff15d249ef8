import {
  accessSync,
  chmodSync,
  constants,
  linkSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { makeDirectories } from './files.mjs';
import { identify, isStillRunning } from './processes.mjs';
import { StartFailure, codeOf, messageOf } from './start-failure.mjs';

/**
 * Makes the data directory when it is missing and takes it for this process.
 * @param {string} dataDir
 * @param {string} name what to call it in a message, such as OVERMIND_DATA_DIR
 * @returns {() => void} gives it back
 * @throws {StartFailure} when it cannot be written, or another start has it
 */
export function prepareDataDirectory(dataDir, name) {
  try {
    makeDirectories(path.join(dataDir, 'logs'));
    accessSync(dataDir, constants.W_OK | constants.X_OK);
    // Others may pass through to what is theirs (the runner's folder, PostgreSQL's), but not look around.
    chmodSync(dataDir, 0o711);
    chmodSync(path.join(dataDir, 'logs'), 0o700);
  } catch (error) {
    throw new StartFailure(`${name}=${dataDir} cannot be written (${messageOf(error)}).`, { cause: error });
  }
  return takeLock(
    path.join(dataDir, 'start.lock'),
    (pid) =>
      new StartFailure(
        `${name}=${dataDir} is in use by a system that is already running (process ${pid}); stop it, or choose another ${name} and PORT.`,
      ),
  );
}

/**
 * A new folder for throw-away data that unprivileged services can get at too.
 * @param {string} prefix
 */
export function makeTemporaryDirectory(prefix) {
  const directory = mkdtempSync(path.join(os.tmpdir(), prefix));
  chmodSync(directory, 0o711);
  return directory;
}

/**
 * Takes a lock file; one whose process is gone does not count.
 * @param {string} file
 * @param {(pid: number) => Error} refusal
 * @returns {() => void} gives it back
 */
export function takeLock(file, refusal) {
  const own = JSON.stringify(identify(process.pid));
  // Written aside and linked into place: a lock file is never seen half written.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, own, { mode: 0o644 });
  try {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      try {
        linkSync(draft, file);
        return () => {
          if (readLock(file) === own) rmSync(file, { force: true });
        };
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
      }
      const held = readLock(file);
      if (held === undefined) continue;
      const holder = parseHolder(held);
      if (holder && isStillRunning(holder)) throw refusal(holder.pid);
      removeStale(file, held);
    }
    throw new StartFailure(`${file} could not be taken; remove it if nothing else is running.`);
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * @param {string} file
 * @param {string} stale its content when it was looked at; somebody faster may have replaced it since
 */
function removeStale(file, stale) {
  const aside = `${file}.${process.pid}.stale`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  if (readLock(aside) !== stale) linkSync(aside, file);
  rmSync(aside, { force: true });
}

/** @param {string} file */
function readLock(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * @param {string} text
 * @returns {import('./processes.mjs').ProcessIdentity | undefined}
 */
function parseHolder(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not ours, or damaged by a full disk: nobody holds it
  }
}
