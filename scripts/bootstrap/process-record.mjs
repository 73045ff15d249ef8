import path from 'node:path';
import { readText, writeFileAtomically } from './files.mjs';
import { identify, isStillRunning } from './processes.mjs';
import { messageOf } from './start-failure.mjs';

/** @typedef {import('./processes.mjs').ProcessIdentity & { kind?: import('./watcher.mjs').WatchedKind }} RecordedProcess */

/**
 * Which processes belong to a data directory. It is told to the watcher, who ends them when we are killed, and is on disk
 * for the next start, should the watcher be killed too.
 */
export class ProcessRecord {
  /**
   * @param {string} dataDir
   * @param {{ watcher?: import('./watcher.mjs').Watcher, tell?: (line: string) => void }} [options]
   */
  constructor(dataDir, { watcher, tell = console.error } = {}) {
    this.file = path.join(dataDir, 'processes.json');
    this.watcher = watcher;
    this.tell = tell;
    this.entries = readEntries(this.file);
    this.isComplaining = false;
  }

  /**
   * @param {string} name
   * @param {number} pid
   * @param {import('./watcher.mjs').WatchedKind} [kind]
   */
  add(name, pid, kind = 'program') {
    const identity = identify(pid);
    if (!identity) return;
    this.watcher?.add({ ...identity, name, kind });
    this.entries[name] = { ...identity, kind };
    this.save();
  }

  /**
   * @param {string} name
   * @param {number} [pid] only if it is this one, and not yet the next of that name
   */
  remove(name, pid) {
    const entry = this.entries[name];
    if (!entry || (pid !== undefined && entry.pid !== pid)) return;
    this.watcher?.remove(name);
    delete this.entries[name];
    this.save();
  }

  /**
   * What an earlier start left running.
   * @returns {[string, RecordedProcess][]}
   */
  leftovers() {
    return Object.entries(this.entries).filter(([, identity]) => isStillRunning(identity));
  }

  /** A disk that is full, for a while, must not take a running system down with it: the watcher knows the same. */
  save() {
    try {
      writeFileAtomically(this.file, `${JSON.stringify(this.entries, null, 2)}\n`);
      this.isComplaining = false;
    } catch (error) {
      if (!this.isComplaining) this.tell(`  ! ${this.file} cannot be written (${messageOf(error)})`);
      this.isComplaining = true;
    }
  }
}

/**
 * @param {string} file
 * @returns {Record<string, RecordedProcess>}
 */
function readEntries(file) {
  try {
    return JSON.parse(readText(file) ?? '{}');
  } catch {
    return {}; // damaged: nobody can say any more what it held, and it is written anew
  }
}
