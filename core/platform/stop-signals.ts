import type { Supervisor } from './supervisor.ts';

/** Without a supervisor nobody ends us when we are stuck. */
const ALONE_TIMEOUT_MS = 6_000;

/**
 * Ends the process in good order at the first SIGTERM or SIGINT, or when its supervisor is gone, whichever comes; further
 * ones change nothing.
 */
export function onceOnStopSignal(supervisor: Supervisor, stop: () => Promise<void>): void {
  let isStopping = false;
  const end = (): void => {
    if (isStopping) return;
    isStopping = true;
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(
          `Stopping failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
        );
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  // Its end of our stderr is gone as well; what is written there must not end us halfway.
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  void supervisor.gone.then(() => {
    setTimeout(() => process.exit(1), ALONE_TIMEOUT_MS).unref();
    end();
  });
}
