import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import readline from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { ChildLog } from './child-log.mjs';
import { identityOf } from './postgres.mjs';
import { endProcess, identify, isStillRunning, signalProcess } from './processes.mjs';
import { LifeWatch, SIGN_OF_LIFE } from './sign-of-life.mjs';
import { StartFailure, messageOf } from './start-failure.mjs';

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;
/** A runner that leaves needs 3 s at most. */
const LEAVE_TIMEOUT_MS = 4_000;
const CLOSE_TIMEOUT_MS = 1_000;
/** How one that is stopped or stuck has ended, by our hand. */
export const HUNG = 'it gave no sign of life, and was killed';

/**
 * @typedef {object} ChildProgramOptions
 * @property {string} name
 * @property {string} execPath
 * @property {string[]} args
 * @property {string} cwd
 * @property {NodeJS.ProcessEnv} env
 * @property {import('./users.mjs').SystemUser | undefined} [user] undefined: ourselves
 * @property {readonly string[]} [openFiles] given to it open, as descriptors 3, 4, …: it may not be able to open them itself
 * @property {string} logFile
 * @property {import('./process-record.mjs').ProcessRecord} record
 * @property {(line: string) => void} tell
 * @property {AbortSignal} stopping nothing is spawned once it is aborted
 * @property {import('./system-status.mjs').SystemStatus} [status] what it is told on its standard input
 * @property {boolean} [mayWait] it is ready only when another part is there, however long that takes
 * @property {number} [readyTimeoutMs]
 * @property {number} [silenceMs] how long it may give no sign of life before it is ended
 */

/**
 * One of our own long-running programs. Its standard input is a pipe that we hold open: when it ends, we are gone, and
 * the program leaves by itself.
 */
export class ChildProgram {
  /** @param {ChildProgramOptions} options */
  constructor(options) {
    this.options = options;
    this.log = new ChildLog(options.name, options.logFile, options.tell);
    /** @type {number | undefined} */
    this.pid = undefined;
    /** @type {import('node:stream').Writable | undefined} */
    this.input = undefined;
  }

  /**
   * @returns {Promise<{ exited: Promise<string> }>} once it is ready; `exited` then says how it ended
   * @throws {StartFailure} with the end of its log when it ends before, or stays silent
   */
  async launch() {
    const { name, execPath, args, cwd, env, user, logFile, stopping, openFiles = [] } = this.options;
    stopping.throwIfAborted();
    this.log.markStart();
    // A session of its own: Ctrl-C at the terminal reaches us alone, and we stop everything in order.
    const files = openFiles.map((file) => openSync(file, 'r'));
    const child = spawn(execPath, args, {
      ...identityOf(user),
      cwd,
      env: { ...env, OVERMIND_SUPERVISED: '1' },
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', ...files],
    });
    for (const file of files) closeSync(file);
    if (!child.stdin || !child.stdout || !child.stderr) {
      child.on('error', () => {}); // the same, once more
      const how = 'no more files can be opened';
      throw new StartFailure(`${name} could not start: ${how}`, { how });
    }
    const { stdin, stdout, stderr } = child;
    this.pid = child.pid;
    this.input = stdin;
    if (child.pid !== undefined) this.options.record.add(name, child.pid);
    stdin.on('error', () => {}); // it ended; "close" says how
    this.options.status?.writeTo(stdin);
    return new Promise((resolve, reject) => {
      let isSettled = false;
      /** @type {NodeJS.Timeout | undefined} */
      let timer;
      const fail = (/** @type {string} */ how) => {
        if (isSettled) return;
        isSettled = true;
        clearTimeout(timer);
        reject(
          new StartFailure(`${name} could not start: ${how}; its log is ${logFile}`, { how, logTail: this.log.tail() }),
        );
      };
      if (!this.options.mayWait)
        timer = setTimeout(() => this.giveUpOn(child.pid, fail), this.options.readyTimeoutMs ?? READY_TIMEOUT_MS);
      /** @type {string | undefined} */
      let hung;
      const watch = new LifeWatch(() => {
        hung = HUNG;
        if (child.pid !== undefined) signalProcess(-child.pid, 'SIGKILL');
      }, this.options.silenceMs);
      /** @type {Promise<string>} */
      const exited = new Promise((resolveExit) => {
        child.on('error', (error) => fail(messageOf(error)));
        child.on('exit', (code, signal) => {
          watch.end();
          const how = hung ?? (signal ? `signal ${signal}` : `exit code ${code}`);
          this.options.record.remove(name, child.pid);
          if (this.pid === child.pid) this.pid = undefined;
          const end = () => {
            fail(how);
            resolveExit(how);
          };
          // "close" comes after the last line of output, so that the tail is whole; not while somebody else holds the pipe.
          child.on('close', end);
          setTimeout(end, CLOSE_TIMEOUT_MS).unref();
        });
      });
      readline.createInterface({ input: stdout, crlfDelay: Infinity }).on('line', (line) => {
        watch.hear(line);
        if (line === SIGN_OF_LIFE) return;
        const entry = this.log.write(line);
        if (isSettled || entry?.['msg'] !== 'ready') return;
        isSettled = true;
        clearTimeout(timer);
        resolve({ exited });
      });
      readline.createInterface({ input: stderr, crlfDelay: Infinity }).on('line', (line) => this.log.write(line));
    });
  }

  /**
   * @param {number | undefined} pid
   * @param {(how: string) => void} fail
   */
  giveUpOn(pid, fail) {
    if (pid !== undefined) signalProcess(-pid, 'SIGKILL');
    fail(`it was not ready within ${(this.options.readyTimeoutMs ?? READY_TIMEOUT_MS) / 1000} s`);
  }

  /** Ends it as our own end would: a runner leaves its runs to the one that comes next. */
  async leave() {
    const identity = this.pid === undefined ? undefined : identify(this.pid);
    this.input?.end();
    const deadline = performance.now() + LEAVE_TIMEOUT_MS;
    while (identity && isStillRunning(identity) && performance.now() < deadline) await sleep(20);
    if (identity) await endProcess(identity, [['SIGKILL', 2_000]]);
  }

  /** Lets it finish what it is doing, and ends it when that takes too long. */
  async stop() {
    const identity = this.pid === undefined ? undefined : identify(this.pid);
    if (identity)
      await endProcess(identity, [
        ['SIGTERM', STOP_TIMEOUT_MS],
        ['SIGKILL', 2_000],
      ]);
    this.options.record.remove(this.options.name);
  }
}
