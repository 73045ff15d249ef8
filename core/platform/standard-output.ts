/** What a reader who has stopped reading (a terminal held with Ctrl-Z) may be behind before lines are dropped. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

/** Null: nobody has asked for it yet. */
let isRead: boolean | null = null;

/**
 * Where log lines go. Pino's own destination waits in `process.exit` for a reader that has gone away (sonic-boom 4 repeats
 * EPIPE in `flushSync` for ever), and a synchronous one would stand still with a reader that is only slow. Node's own
 * stream writes at once what the pipe takes, and says in an event that nobody reads on: that is no failure of ours.
 */
export function standardOutput(): { write(line: string): void } {
  if (isRead === null) {
    isRead = true;
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      isRead = false;
    });
  }
  return {
    write(line) {
      if (isRead && process.stdout.writableLength < MAX_UNREAD_BYTES) process.stdout.write(line);
    },
  };
}
