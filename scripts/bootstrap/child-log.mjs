import { closeSync, fstatSync, writeSync } from 'node:fs';
import { openLog, rotateLog, tailOf } from './files.mjs';
import { messageOf } from './start-failure.mjs';

const ROTATE_AFTER_BYTES = 10 * 1024 * 1024;
const LEVEL_NUMBERS = /** @type {Record<string, number>} */ ({
  trace: 10,
  debug: 20,
  info: 30,
  warn: 40,
  error: 50,
  fatal: 60,
});
const WARNING = 40;
const TOLD_AT_ONCE = 3;
const QUIET_MS = 10_000;
/** A program that is started again and again has the same to say each time. */
const SAME_TEXT_MS = 10 * 60_000;
const REMEMBERED_TEXTS = 50;

/**
 * What one of our programs writes: all of it into a file, warnings and errors to the terminal too, and few at a time.
 */
export class ChildLog {
  /**
   * @param {string} name
   * @param {string} file
   * @param {(line: string) => void} tell
   */
  constructor(name, file, tell) {
    this.name = name;
    this.file = file;
    this.tell = tell;
    this.descriptor = openLog(file);
    this.size = fstatSync(this.descriptor).size;
    this.startedAt = this.size;
    this.told = 0;
    this.untold = 0;
    this.quietUntil = 0;
    /** @type {Map<string, number>} */
    this.saidAt = new Map();
  }

  /** From here on is what the tail of a failure may show. */
  markStart() {
    this.startedAt = this.size;
  }

  /**
   * @param {string} line without its line feed
   * @returns {Record<string, unknown> | undefined} the line's object when it is a structured one
   */
  write(line) {
    this.append(`${line}\n`);
    if (!line.startsWith('{')) return undefined;
    /** @type {Record<string, unknown>} */
    let entry;
    try {
      entry = JSON.parse(line);
    } catch {
      return undefined; // text that only looks like an object; it is in the file as it came
    }
    if (levelOf(entry) >= WARNING) this.tellWarning(readable(entry));
    return entry;
  }

  /**
   * @param {string} text
   */
  append(text) {
    try {
      if (this.size > ROTATE_AFTER_BYTES) this.rotate();
      this.size += writeSync(this.descriptor, text);
    } catch (error) {
      // A full disk must not take the system down with it.
      this.tellWarning(`its log cannot be written (${messageOf(error)})`);
    }
  }

  rotate() {
    rotateLog(this.file);
    const next = openLog(this.file);
    closeSync(this.descriptor);
    this.descriptor = next;
    this.size = fstatSync(this.descriptor).size;
    this.startedAt = 0;
  }

  /** @param {string} text */
  tellWarning(text) {
    const now = performance.now();
    const saidAt = this.saidAt.get(text);
    if (saidAt !== undefined && now - saidAt < SAME_TEXT_MS) return;
    if (this.saidAt.size >= REMEMBERED_TEXTS) this.saidAt.clear();
    this.saidAt.set(text, now);
    if (now > this.quietUntil) {
      if (this.untold > 0) this.tell(`  ! ${this.name}: ${this.untold} more in ${this.file}`);
      this.told = 0;
      this.untold = 0;
      this.quietUntil = now + QUIET_MS;
    }
    this.told += 1;
    if (this.told <= TOLD_AT_ONCE) this.tell(`  ! ${this.name}: ${text}`);
    else this.untold += 1;
  }

  /** The last lines since the program started, made readable. */
  tail() {
    return this.lastLines().map(({ text }) => text);
  }

  /** The last line since the program started that tells of trouble: a warning, an error, or no structured line at all. */
  reason() {
    return this.lastLines().findLast(({ level }) => level >= WARNING)?.text;
  }

  lastLines() {
    return tailOf(this.file, 12, this.startedAt).map((line) => {
      try {
        const entry = JSON.parse(line);
        return { level: levelOf(entry), text: readable(entry) };
      } catch {
        return { level: WARNING, text: line.trim() };
      }
    });
  }

  close() {
    closeSync(this.descriptor);
  }
}

/** @param {Record<string, unknown>} entry */
function levelOf(entry) {
  const { level } = entry;
  return typeof level === 'number' ? level : (LEVEL_NUMBERS[String(level)] ?? 0);
}

/** @param {Record<string, unknown>} entry */
function readable(entry) {
  const error = /** @type {{ message?: unknown } | undefined} */ (entry['err'] ?? entry['error']);
  const detail = typeof error === 'string' ? error : error?.message;
  const message = String(entry['msg'] ?? '');
  return detail && detail !== message ? `${message}: ${detail}` : message;
}
