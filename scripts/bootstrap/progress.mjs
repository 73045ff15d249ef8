/**
 * What the person at the terminal sees while it works: one short line a step, with the time it took.
 * @typedef {object} Progress
 * @property {<T>(title: string, work: (say: (detail: string) => void) => Promise<T>) => Promise<T>} step
 * @property {(line: string) => void} note
 */

const REPEAT_MS = 20_000;

/**
 * On a terminal, running steps are shown on one line that is rewritten; elsewhere a long step says now and then that it is still at it.
 * @param {{ write: (text: string) => unknown, isTTY?: boolean, columns?: number }} stream
 * @param {AbortSignal} stopping no step begins after it
 * @returns {Progress}
 */
export function createProgress(stream, stopping) {
  /** @type {Map<object, { title: string, detail: string, startedAt: number, saidAt: number }>} */
  const running = new Map();
  const isTerminal = stream.isTTY === true;
  /** @type {NodeJS.Timeout | undefined} */
  let timer;

  const clearStatus = () => isTerminal && running.size > 0 && stream.write('\r\u001b[2K');
  const showStatus = () => {
    if (!isTerminal || running.size === 0) return;
    const text = [...running.values()]
      .map((step) => `${step.title} ${seconds(step.startedAt)}${step.detail && ` ${step.detail}`}`)
      .join(' · ');
    stream.write(`\r\u001b[2K  … ${text}`.slice(0, (stream.columns ?? 80) + 4));
  };
  const tick = () => {
    if (isTerminal) return showStatus();
    for (const step of running.values()) {
      if (performance.now() - step.saidAt < REPEAT_MS) continue;
      step.saidAt = performance.now();
      stream.write(`  … ${step.title} ${seconds(step.startedAt)}${step.detail && ` ${step.detail}`}\n`);
    }
  };
  const line = (/** @type {string} */ text) => {
    clearStatus();
    stream.write(`${text}\n`);
    showStatus();
  };

  return {
    async step(title, work) {
      stopping.throwIfAborted();
      const step = { title, detail: '', startedAt: performance.now(), saidAt: performance.now() };
      const key = {};
      running.set(key, step);
      timer ??= setInterval(tick, 500);
      timer.unref();
      try {
        const result = await work((detail) => {
          step.detail = detail.trim().slice(0, 60);
        });
        end();
        line(`  ✓ ${title.padEnd(28)} ${seconds(step.startedAt)}`);
        return result;
      } catch (error) {
        end();
        if (!stopping.aborted) line(`  ✗ ${title.padEnd(28)} ${seconds(step.startedAt)}`);
        throw error;
      }
      function end() {
        clearStatus();
        running.delete(key);
        if (running.size === 0) {
          clearInterval(timer);
          timer = undefined;
        }
      }
    },
    note: line,
  };
}

/** @param {number} startedAt */
function seconds(startedAt) {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}
