import { pino } from 'pino';

/** What the runner's parts need of a logger; pino fits. */
export interface Logger {
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
}

/** What a reader who has stopped reading (a terminal held with Ctrl-Z) may be behind before lines are dropped. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

/**
 * Structured logs on stdout; made once. Pino's own destination waits in `process.exit` for a reader that has gone away
 * (sonic-boom 4 repeats EPIPE in `flushSync` for ever): a runner could not leave. Node's own stream writes at once what the
 * pipe takes, holds a little for a slow reader, and says in an event that nobody reads on: that is no failure of ours.
 */
export function createLogger(): Logger & { fatal(data: object, message: string): void } {
  let isRead = true;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    isRead = false;
  });
  const write = (line: string): void => {
    if (isRead && process.stdout.writableLength < MAX_UNREAD_BYTES) process.stdout.write(line);
  };
  return pino({ name: 'runner' }, { write });
}
