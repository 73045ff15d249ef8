/** Ends the process in good order at the first SIGTERM or SIGINT, whichever comes; further ones change nothing. */
export function onceOnStopSignal(stop: () => Promise<void>): void {
  let isStopping = false;
  const end = (): void => {
    if (isStopping) return;
    isStopping = true;
    stop().then(() => process.exit(0), (error: unknown) => {
      process.stderr.write(`Stopping failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exit(1);
    });
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}
