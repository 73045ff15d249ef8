/**
 * What is known of one part of the system.
 * @typedef {object} PartStatus
 * @property {string} name
 * @property {'starting' | 'running' | 'waiting'} state waiting: it has ended, and is tried again at `nextTryAt`
 * @property {number} ends how often it has ended in a row, without running steadily between
 * @property {string | null} lastEnd how it ended the last time, such as "exit code 1"; null when it has not
 * @property {string | null} detail the last line of its log then
 * @property {string | null} nextTryAt an ISO time, while it waits
 */

/** How every part is, for whoever wants to know: the api tells it at /readyz and in the pages. */
export class SystemStatus {
  constructor() {
    /** @type {Map<string, PartStatus>} */
    this.parts = new Map();
    /** @type {Set<() => void>} */
    this.listeners = new Set();
  }

  /** @param {PartStatus} part */
  set(part) {
    this.parts.set(part.name, part);
    for (const listener of this.listeners) listener();
  }

  /**
   * Writes it now and after each change, a JSON line each, for as long as the other end reads.
   * @param {import('node:stream').Writable} stream
   */
  writeTo(stream) {
    const write = () => void stream.write(`${JSON.stringify({ parts: [...this.parts.values()] })}\n`);
    this.listeners.add(write);
    stream.once('close', () => this.listeners.delete(write));
    write();
  }
}
