import { giveSignsOfLife } from '#contract/sign-of-life.ts';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const DRAIN_MS = 5_000;

/**
 * Starts listening, says so on stdout, and ends with exit code 0 once open answers are out: on SIGTERM or SIGINT, or when
 * its supervisor is gone, whose end of our standard input, output and error ends with it.
 */
export async function listen(
  server: Server,
  options: { host: string; port: number; isSupervised?: boolean; onStop?: () => unknown },
): Promise<void> {
  const { host, port, isSupervised = false, onStop } = options;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  process.stdout.write(
    `${JSON.stringify({ level: 'info', time: new Date().toISOString(), service: 'web', msg: 'ready', host, port: address.port })}\n`,
  );

  const stop = (): void => {
    void onStop?.();
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), DRAIN_MS).unref();
  };
  if (isSupervised) {
    process.stdin.once('end', stop).once('error', stop).resume();
    giveSignsOfLife((line) => void process.stdout.write(line));
  }
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}
