/** The line that a supervised program of ours writes every 5 s, for as long as its event loop turns. */
export const SIGN_OF_LIFE = '{"msg":"alive"}';

const SILENCE_MS = 30_000;
const TURN_MS = 1_000;
/** What one turn can count for at most: while we stood still, or the machine slept, nobody could be heard. */
const MAX_TURN_MS = 2 * TURN_MS;

/**
 * Watches whether a program goes on giving signs of life: one that is stopped, or turns in a circle, never ends by
 * itself, and looks as if it ran.
 */
export class LifeWatch {
  /**
   * @param {() => void} onSilence called once
   * @param {number} [silenceMs] after how long without a sign
   */
  constructor(onSilence, silenceMs = SILENCE_MS) {
    this.onSilence = onSilence;
    this.limitMs = silenceMs;
    this.silentMs = 0;
    /** @type {NodeJS.Timeout | undefined} */
    this.timer = undefined;
    this.isOver = false;
  }

  /** Called for each line of the program; the first sign of life begins the watch. @param {string} line */
  hear(line) {
    this.silentMs = 0;
    if (this.timer || this.isOver || line !== SIGN_OF_LIFE) return;
    let turnedMs = performance.now();
    this.timer = setInterval(
      () => {
        const nowMs = performance.now();
        this.silentMs += Math.min(nowMs - turnedMs, MAX_TURN_MS);
        turnedMs = nowMs;
        if (this.silentMs < this.limitMs) return;
        this.end();
        this.onSilence();
      },
      Math.min(TURN_MS, this.limitMs / 4),
    );
    this.timer.unref();
  }

  end() {
    this.isOver = true;
    clearInterval(this.timer);
  }
}
