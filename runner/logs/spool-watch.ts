import { watch, type FSWatcher } from 'node:fs';
import type { Logger } from '../logger.ts';

/** A net under inotify: file systems and limits on which no notice comes. */
const POLL_MS = 1_000;
const POLL_WITHOUT_WATCH_MS = 50;

export interface SpoolWatchOptions {
  folder: string;
  logger: Logger;
  /** @param name the file that changed; null: it is not known which */
  onNotice: (name: string | null) => void;
  /** Called now and then, for what no notice comes of. */
  onTime: () => void;
}

/** Tells when the files of a run's folder change. */
export class SpoolWatch {
  private readonly watcher: FSWatcher | null;
  private readonly poll: NodeJS.Timeout;

  constructor({ folder, logger, onNotice, onTime }: SpoolWatchOptions) {
    let pollMs = POLL_MS;
    let watcher: FSWatcher | null = null;
    try {
      watcher = watch(folder, (_event, name) => onNotice(name));
      watcher.on('error', (error) =>
        logger.warn({ err: error }, 'watching a run folder failed; looking once a second instead'),
      );
    } catch (error) {
      logger.warn({ err: error }, 'a run folder can not be watched (inotify limit?); looking at it often instead');
      pollMs = POLL_WITHOUT_WATCH_MS;
    }
    this.watcher = watcher;
    this.poll = setInterval(onTime, pollMs);
  }

  close(): void {
    this.watcher?.close();
    clearInterval(this.poll);
  }
}
