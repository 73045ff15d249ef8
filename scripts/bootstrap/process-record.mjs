import path from 'node:path';
import { readJson, writeFileAtomically } from './files.mjs';
import { identify, isStillRunning } from './processes.mjs';

/**
 * Which processes belong to a data directory, on disk: when the start itself is killed, the next one finds and ends them.
 */
export class ProcessRecord {
  /** @param {string} dataDir */
  constructor(dataDir) {
    this.file = path.join(dataDir, 'processes.json');
    /** @type {Record<string, import('./processes.mjs').ProcessIdentity>} */
    this.entries = /** @type {Record<string, import('./processes.mjs').ProcessIdentity> | undefined} */ (readJson(this.file)) ?? {};
  }

  /**
   * @param {string} name
   * @param {number} pid
   */
  add(name, pid) {
    const identity = identify(pid);
    if (!identity) return;
    this.entries[name] = identity;
    this.save();
  }

  /** @param {string} name */
  remove(name) {
    if (!(name in this.entries)) return;
    delete this.entries[name];
    this.save();
  }

  /**
   * What an earlier start left running.
   * @returns {[string, import('./processes.mjs').ProcessIdentity][]}
   */
  leftovers() {
    return Object.entries(this.entries).filter(([, identity]) => isStillRunning(identity));
  }

  save() {
    writeFileAtomically(this.file, `${JSON.stringify(this.entries, null, 2)}\n`);
  }
}
