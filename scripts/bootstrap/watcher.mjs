import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ProcessRecord } from './process-record.mjs';
import { recordRunningChildren } from './processes.mjs';

/** Short: until then nobody would notice our end. */
const RESTART_MS = 100;
const MAIN = fileURLToPath(new URL('./watcher-main.mjs', import.meta.url));

/**
 * What is left to the watcher when we are gone.
 * program: it notices by itself, and is killed when it does not leave; service: it notices nothing, and is told to stop;
 * group: a program of the set-up, ended with everything it has started.
 * @typedef {'program' | 'service' | 'group'} WatchedKind
 * @typedef {import('./processes.mjs').ProcessIdentity & { name: string, kind: WatchedKind }} Watched
 */

/**
 * A process of its own that knows what runs. It holds one end of a pipe whose other end is ours, so it notices our end
 * however that came about, and then ends what we did not. With nothing to end it just leaves.
 */
export class Watcher {
  constructor() {
    /** @type {Map<string, Watched>} */
    this.watched = new Map();
    this.start();
  }

  start() {
    // A session of its own: neither Ctrl-C nor a terminal that closes reaches it, only our end does.
    // What is known by now goes with its start: we may be gone before we could write.
    const known = JSON.stringify([...this.watched.values()]);
    const child = spawn(process.execPath, [MAIN, known], {
      cwd: '/',
      env: {},
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.pid = child.pid;
    this.input = child.stdin;
    this.input?.on('error', () => {}); // it was killed; "exit" follows, and a new one is told everything
    const again = () => void setTimeout(() => this.start(), RESTART_MS).unref();
    child.on('error', again); // no process could be made
    child.on('exit', again);
  }

  /** @param {Watched} watched */
  add(watched) {
    this.watched.set(watched.name, watched);
    this.send({ add: watched });
  }

  /** @param {string} name */
  remove(name) {
    if (this.watched.delete(name)) this.send({ remove: name });
  }

  /** @param {import('./watcher-main.mjs').Word} word */
  send(word) {
    this.input?.write(`${JSON.stringify(word)}\n`);
  }
}

/**
 * The record of what belongs to a data directory, with a watcher behind it; from here on it knows the programs of the
 * set-up too.
 * @param {string} dataDir
 * @param {(line: string) => void} [tell]
 */
export function watchOver(dataDir, tell) {
  const record = new ProcessRecord(dataDir, { watcher: new Watcher(), ...(tell && { tell }) });
  recordRunningChildren(record);
  return record;
}
