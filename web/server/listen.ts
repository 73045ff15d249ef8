import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';

const DRAIN_MS = 5_000;

/** Starts listening, says so on stdout, and ends with exit code 0 on SIGTERM or SIGINT once open answers are out. */
export async function listen(app: Express, { host, port }: { host: string; port: number }): Promise<void> {
  const server = createServer(app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ level: 'info', time: new Date().toISOString(), service: 'web', msg: 'ready', host, port: address.port })}\n`);

  const stop = (): void => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), DRAIN_MS).unref();
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}
