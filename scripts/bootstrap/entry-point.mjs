import { endRunningChildren } from './processes.mjs';
import { StartFailure, codeOf, messageOf } from './start-failure.mjs';

// `npm start` passes Ctrl-C on to a child that the terminal has told already: two signals so close together are one.
const SAME_SIGNAL_MS = 1_000;

/**
 * @typedef {object} EntryPoint
 * @property {(work: () => unknown) => void} onStop registers work for the end; the last registered runs first
 * @property {AbortSignal} stopping aborted as soon as the program begins to stop, for whatever reason
 */

/**
 * Runs a program of the bootstrap: SIGINT and SIGTERM stop it in order with exit code 0, a second one forces,
 * a StartFailure becomes one line and exit code 1. There is one way to stop, whoever or whatever wants it: first `stopping`
 * is aborted, so that nothing is started any more, then what was registered for the end runs.
 * @param {(entryPoint: EntryPoint) => Promise<number>} main resolves to the exit code
 */
export async function runEntryPoint(main) {
  /** @type {(() => unknown)[]} */
  const stops = [];
  const controller = new AbortController();
  let stopRequestedAt = 0;
  /** @type {Promise<void> | undefined} */
  let stopped;
  const stopAll = (/** @type {string} */ why) => {
    if (!stopped) {
      controller.abort(new Error(why));
      // They may be at work on what is stopped next.
      stopped = endRunningChildren().then(() => runStops(stops));
    }
    return stopped;
  };
  const exit = () => process.exit(process.exitCode ?? 0);

  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      if (stopRequestedAt !== 0) {
        if (performance.now() - stopRequestedAt > SAME_SIGNAL_MS) process.exit(130);
        return;
      }
      stopRequestedAt = performance.now();
      void stopAll(`stopped by ${signal}`).then(exit);
    });
  }
  // A mistake of ours anywhere must not leave everything running unattended.
  process.on('uncaughtException', (error) => {
    report(error);
    process.exitCode = 1;
    void stopAll('failed').then(exit);
  });

  // Nobody reads on (`npm start | head`, a closed terminal): that is no reason to leave everything running unattended.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (codeOf(error) !== 'EPIPE' && codeOf(error) !== 'EIO') throw error;
    });
  }

  try {
    const code = await main({ onStop: (work) => stops.push(work), stopping: controller.signal });
    if (!controller.signal.aborted) process.exitCode = code;
  } catch (error) {
    if (!controller.signal.aborted) {
      report(error);
      process.exitCode = 1;
    }
  }
  await stopAll('ended');
  exit();
}

/** @param {(() => unknown)[]} stops */
async function runStops(stops) {
  while (stops.length > 0) {
    try {
      await stops.pop()?.();
    } catch (error) {
      // The rest must still be stopped.
      report(error);
      process.exitCode = 1;
    }
  }
}

/** What somebody at the terminal can do something about, although no part of ours foresaw where it would come up. */
const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** @param {unknown} error */
function report(error) {
  if (FULL.has(codeOf(error) ?? '')) {
    console.error(`\n✗ The disk is full: ${messageOf(error)}. Make room, then start again.`);
  } else if (error instanceof StartFailure) {
    console.error(`\n✗ ${error.message}`);
    for (const line of error.logTail) console.error(`    ${line}`);
    if (error.logTail.some((line) => /no space left on device/i.test(line)))
      console.error('\n  The disk is full. Make room, then start again.');
  } else {
    console.error(error);
  }
}
