import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import readline from 'node:readline';
import { ChildLog } from './child-log.mjs';
import { endProcess, identify, signalProcess } from './processes.mjs';
import { identityOf } from './postgres.mjs';
import { StartFailure, messageOf } from './start-failure.mjs';

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;
const RESTART_AFTER_MS = [500, 1_000, 2_000, 4_000, 8_000];
const STEADY_AFTER_MS = 60_000;

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
 * @property {(failure: StartFailure) => void} onGiveUp it was started again and again in vain
 */

/**
 * One of our own long-running programs: started until it says that it is ready, and again when it crashes.
 */
export class ChildProgram {
  /** @param {ChildProgramOptions} options */
  constructor(options) {
    this.options = options;
    this.log = new ChildLog(options.name, options.logFile, options.tell);
    this.isStopping = false;
    this.failures = 0;
    /** @type {number | undefined} */
    this.pid = undefined;
    /** @type {NodeJS.Timeout | undefined} */
    this.restartTimer = undefined;
  }

  /**
   * @returns {Promise<void>} once it is ready
   * @throws {StartFailure} with the end of its log when it ends before, or stays silent
   */
  async start() {
    const { name } = this.options;
    const { exited } = await this.launch();
    const readyAt = performance.now();
    void exited.then((how) => {
      this.options.record.remove(name);
      if (this.isStopping) return;
      if (performance.now() - readyAt > STEADY_AFTER_MS) this.failures = 0;
      this.startAgain(`ended (${how})`);
    });
  }

  /** @param {string} what happened */
  startAgain(what) {
    const { name, tell, logFile } = this.options;
    const delayMs = RESTART_AFTER_MS[this.failures];
    this.failures += 1;
    if (delayMs === undefined) {
      this.options.onGiveUp(new StartFailure(`${name} ${what} ${this.failures} times in a row; its log is ${logFile}`, { logTail: this.log.tail() }));
      return;
    }
    tell(`  ! ${name} ${what}; it is started again in ${delayMs / 1000} s (${logFile})`);
    this.restartTimer = setTimeout(() => {
      this.start().then(
        () => tell(`  ✓ ${name} runs again`),
        (error) => {
          if (!this.isStopping) this.startAgain(messageOf(error).replace(`${name} `, '').replace(/; its log is .*/, ''));
        },
      );
    }, delayMs);
  }

  /**
   * @returns {Promise<{ exited: Promise<string> }>} once it is ready; `exited` then says how it ended
   */
  launch() {
    const { name, execPath, args, cwd, env, user, logFile, openFiles = [] } = this.options;
    this.log.markStart();
    // A session of its own: Ctrl-C at the terminal reaches us alone, and we stop everything in order.
    const files = openFiles.map((file) => openSync(file, 'r'));
    const child = spawn(execPath, args, { ...identityOf(user), cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe', ...files] });
    for (const file of files) closeSync(file);
    this.pid = child.pid;
    if (child.pid !== undefined) this.options.record.add(name, child.pid);
    return new Promise((resolve, reject) => {
      let isSettled = false;
      const fail = (/** @type {string} */ why) => {
        if (isSettled) return;
        isSettled = true;
        clearTimeout(timer);
        this.options.record.remove(name);
        reject(new StartFailure(`${name} could not start: ${why}; its log is ${logFile}`, { logTail: this.log.tail() }));
      };
      const timer = setTimeout(() => {
        if (child.pid !== undefined) signalProcess(-child.pid, 'SIGKILL');
        fail(`it was not ready within ${READY_TIMEOUT_MS / 1000} s`);
      }, READY_TIMEOUT_MS);
      /** @type {Promise<string>} */
      const exited = new Promise((resolveExit) => {
        child.on('error', (error) => fail(messageOf(error)));
        // "close" comes after the last line of output, so that the tail is whole.
        child.on('close', (code, signal) => {
          const how = signal ? `signal ${signal}` : `exit code ${code}`;
          fail(how);
          resolveExit(how);
        });
      });
      readline.createInterface({ input: child.stdout, crlfDelay: Infinity }).on('line', (line) => {
        const entry = this.log.write(line);
        if (isSettled || entry?.['msg'] !== 'ready') return;
        isSettled = true;
        clearTimeout(timer);
        resolve({ exited });
      });
      readline.createInterface({ input: child.stderr, crlfDelay: Infinity }).on('line', (line) => this.log.write(line));
    });
  }

  /** Lets it finish what it is doing, and ends it when that takes too long. */
  async stop() {
    this.isStopping = true;
    clearTimeout(this.restartTimer);
    const identity = this.pid === undefined ? undefined : identify(this.pid);
    if (identity) await endProcess(identity, [['SIGTERM', STOP_TIMEOUT_MS], ['SIGKILL', 2_000]]);
    this.options.record.remove(this.options.name);
  }
}
