/**
 * The watcher's process: hears on standard input what runs, and when that ends, its supervisor is gone, and it ends what
 * is still there. Programs first, which notice by themselves; then the services that these may still be writing to.
 */
import readline from 'node:readline';
import { endGroup, endProcess, isStillRunning } from './processes.mjs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than a program takes to drain when it notices (6 s at most). A runner's keepers go on without it. */
const LEAVE_MS = 8_000;

/** @typedef {{ add: import('./watcher.mjs').Watched } | { remove: string }} Word */

const known = /** @type {import('./watcher.mjs').Watched[]} */ (JSON.parse(process.argv[2] ?? '[]'));
const watched = new Map(known.map((one) => [one.name, one]));
// Whoever stops the machine signals everybody; what we are for begins when the supervisor has ended.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => {});

for await (const line of readline.createInterface({ input: process.stdin })) {
  const word = parse(line);
  if (!word) continue;
  if ('add' in word) watched.set(word.add.name, word.add);
  else watched.delete(word.remove);
}

const of = (/** @type {import('./watcher.mjs').WatchedKind} */ kind) =>
  [...watched.values()].filter((one) => one.kind === kind);
await Promise.all([...of('group').map(endGroup), ...of('program').map(awaitEnd)]);
// SIGINT is PostgreSQL's fast shutdown, SIGTERM would wait for every client to leave; to Redis both are the same.
await Promise.all(
  of('service').map((service) =>
    endProcess(service, [
      ['SIGINT', 20_000],
      ['SIGQUIT', 5_000],
      ['SIGKILL', 2_000],
    ]),
  ),
);

/**
 * @param {string} line
 * @returns {Word | undefined}
 */
function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // the last one: the supervisor was killed while it wrote it
  }
}

/** @param {import('./processes.mjs').ProcessIdentity} program */
async function awaitEnd(program) {
  const deadline = performance.now() + LEAVE_MS;
  while (isStillRunning(program) && performance.now() < deadline) await sleep(50);
  await endProcess(program, [['SIGKILL', 2_000]]);
}
