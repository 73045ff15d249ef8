import { HUNG } from './child-program.mjs';
import { StartFailure, messageOf } from './start-failure.mjs';

/** The pause doubles up to a minute, and a part is never given up: what stood in its way may be gone by then. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000];
/** One that has run for so long has got over what ended it before. */
const STEADY_AFTER_MS = 60_000;
const MAX_DETAIL_CHARS = 300;
/** Somebody ended it: what its log said before has nothing to do with that. */
const FROM_OUTSIDE = /^signal SIG(?:KILL|TERM|INT|HUP)$/;

/**
 * @typedef {object} PartOptions
 * @property {string} name
 * @property {string} logFile
 * @property {() => Promise<{ exited: Promise<string> }>} launch resolves once it is ready; `exited` then says how it ended
 * @property {() => string | undefined} reason what its log says last of why it ended
 * @property {import('./system-status.mjs').SystemStatus} status
 * @property {(line: string) => void} tell
 * @property {AbortSignal} stopping nothing is launched once it is aborted
 * @property {readonly number[]} [pausesMs]
 * @property {number} [steadyAfterMs]
 */

/**
 * One part of the system, kept running: whenever it ends it is tried again, less and less often, for ever. Other parts
 * do not notice. At the terminal it is said once for each longer pause, not for each try.
 */
export class KeptPart {
  /** @param {PartOptions} options */
  constructor(options) {
    this.options = options;
    this.pausesMs = options.pausesMs ?? PAUSES_MS;
    /** In a row. */
    this.ends = 0;
    this.isTold = false;
    /** Its next end is our doing; called once it was launched again. @type {(() => void) | undefined} */
    this.onRestarted = undefined;
    /** @type {string | null} */
    this.lastEnd = null;
    /** @type {string | null} */
    this.detail = null;
    /** @type {NodeJS.Timeout | undefined} */
    this.timer = undefined;
    options.stopping.addEventListener('abort', () => clearTimeout(this.timer));
  }

  get name() {
    return this.options.name;
  }

  /**
   * The first start.
   * @returns {Promise<void>} once it is ready; from then on it is kept running
   * @throws {StartFailure} nothing is tried again then, unless `tryAgain` is called
   */
  async start() {
    this.options.stopping.throwIfAborted();
    this.say('starting');
    this.keep(await this.options.launch());
  }

  /**
   * Keeps running what somebody else has started.
   * @param {{ exited: Promise<string> }} running
   */
  keep({ exited }) {
    this.say('running');
    const steady = setTimeout(() => {
      if (this.ends > 0 && !this.isTold) this.options.tell(`  ✓ ${this.name} runs steadily again`);
      this.ends = 0;
      this.say('running');
    }, this.options.steadyAfterMs ?? STEADY_AFTER_MS);
    steady.unref();
    void exited.then((how) => {
      clearTimeout(steady);
      this.tryAgain(how);
    });
  }

  /**
   * It has ended, or could not be started: waits, and launches it.
   * @param {string} how such as "exit code 1"
   */
  tryAgain(how) {
    const { name, tell, logFile, stopping } = this.options;
    if (stopping.aborted) return;
    this.timer = undefined;
    if (this.onRestarted) {
      void this.launchAgain().then(this.onRestarted);
      this.onRestarted = undefined;
      return;
    }
    const pauseMs = this.pause(this.ends);
    this.isTold = this.ends === 0 || pauseMs > this.pause(this.ends - 1);
    this.ends += 1;
    this.lastEnd = how;
    this.detail =
      how === HUNG || FROM_OUTSIDE.test(how) ? null : (this.options.reason()?.slice(0, MAX_DETAIL_CHARS) ?? null);
    this.say('waiting', new Date(Date.now() + pauseMs).toISOString());
    if (this.isTold) {
      const why = this.detail ? `${how}: ${this.detail}` : how;
      const next =
        pauseMs === this.pausesMs.at(-1)
          ? `it is tried every ${pauseMs / 1000} s from now on`
          : `next try in ${pauseMs / 1000} s`;
      tell(
        `  ! ${name} ${this.ends === 1 ? 'ended' : `keeps ending, ${this.ends} times now`} (${why}); ${next} (${logFile})`,
      );
    }
    this.timer = setTimeout(() => void this.launchAgain(), pauseMs);
  }

  /**
   * Starts it anew at once, whether it runs, is being started, or waits for its next try.
   * @param {() => Promise<void>} end ends what runs of it
   * @returns {Promise<void>} once it is ready, or has failed, and is tried again as ever
   */
  async restart(end) {
    if (this.options.stopping.aborted) return;
    this.ends = 0;
    if (this.timer) {
      clearTimeout(this.timer);
      await this.launchAgain();
      return;
    }
    const restarted = new Promise((resolve) => (this.onRestarted = () => resolve(undefined)));
    await end();
    await restarted;
  }

  async launchAgain() {
    const { launch, stopping, tell, name } = this.options;
    this.timer = undefined;
    this.say('starting');
    try {
      const running = await launch();
      if (stopping.aborted) return; // whoever stops the system knows of it since it was spawned
      if (this.isTold) tell(`  ✓ ${name} runs again`);
      this.keep(running);
    } catch (error) {
      this.tryAgain(howItFailed(error));
    }
  }

  /** @param {number} ends */
  pause(ends) {
    return /** @type {number} */ (this.pausesMs[Math.min(ends, this.pausesMs.length - 1)]);
  }

  /**
   * @param {import('./system-status.mjs').PartStatus['state']} state
   * @param {string | null} [nextTryAt]
   */
  say(state, nextTryAt = null) {
    const { name, ends, lastEnd, detail } = this;
    this.options.status.set({ name, state, ends, lastEnd, detail, nextTryAt });
  }
}

/**
 * @param {unknown} error what `launch` threw
 * @returns {string} as `tryAgain` wants it
 */
export function howItFailed(error) {
  return error instanceof StartFailure && error.how ? error.how : messageOf(error);
}
