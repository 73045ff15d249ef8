import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { StartFailure, codeOf, messageOf } from './start-failure.mjs';

/**
 * @param {string} file
 * @returns {unknown} undefined when the file does not exist
 * @throws {StartFailure} when it is not JSON
 */
export function readJson(file) {
  const text = readText(file);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new StartFailure(
      `${file} is not valid JSON (${messageOf(error)}); repair it, or remove it to have it written anew.`,
    );
  }
}

/**
 * @param {string} file
 * @returns {string | undefined} undefined when the file does not exist
 */
export function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Replaces a file in one step, so that a crash leaves the old text or the new one, and a planted symbolic link is not followed.
 * @param {string} file
 * @param {string} text
 * @param {number} [mode]
 */
export function writeFileAtomically(file, text, mode = 0o644) {
  mkdirSync(path.dirname(file), { recursive: true });
  // Nobody can have put something else there: numbers of processes can be guessed, and in a container come again soon.
  const temporary = `${file}.${randomBytes(8).toString('hex')}.tmp`;
  try {
    writeFileSync(temporary, text, { mode, flag: 'wx' });
    chmodSync(temporary, mode);
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/**
 * Makes a directory and its parents. One at a time: Node 20's own recursive form never returns below /proc.
 * @param {string} directory absolute
 */
export function makeDirectories(directory) {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
  if (path.dirname(directory) !== directory) makeDirectories(path.dirname(directory));
  try {
    mkdirSync(directory);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST' || !statSync(directory).isDirectory()) throw error;
  }
}

const LOG_ROTATION_BYTES = 10 * 1024 * 1024;

/**
 * Opens a log for appending and sets a large one aside as `<name>.1` first.
 * @param {string} file
 * @returns {number} a file descriptor that a child process can inherit
 */
export function openLog(file) {
  mkdirSync(path.dirname(file), { recursive: true });
  rotateLog(file);
  return openSync(file, 'a', 0o640);
}

/**
 * @param {string} file
 * @returns {boolean} whether it was set aside
 */
export function rotateLog(file) {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size < LOG_ROTATION_BYTES) return false;
  renameSync(file, `${file}.1`);
  return true;
}

/**
 * The last lines of a log.
 * @param {string} file
 * @param {number} [lineCount]
 * @param {number} [fromByte] lines before this offset are older than what is asked for
 * @returns {string[]}
 */
export function tailOf(file, lineCount = 12, fromByte = 0) {
  const maxBytes = 16 * 1024;
  /** @type {number} */
  let descriptor;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
  try {
    const size = fstatSync(descriptor).size;
    const start = Math.max(fromByte, size - maxBytes, 0);
    const bytes = Buffer.alloc(Math.max(size - start, 0));
    const count = readSync(descriptor, bytes, 0, bytes.length, start);
    return bytes
      .toString('utf8', 0, count)
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-lineCount);
  } finally {
    closeSync(descriptor);
  }
}
