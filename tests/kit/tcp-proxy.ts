import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** Stands between a process and a service, so that a test can take the service away: over its real wire. */
export async function startTcpProxy(target: { host: string; port: number }) {
  const sockets = new Set<Socket>();
  const pairs = new Set<{ client: Socket; upstream: Socket }>();
  let isCut = false;
  const server = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const upstream = connect(target.port, target.host);
    const pair = { client, upstream };
    pairs.add(pair);
    client.on('close', () => pairs.delete(pair));
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.pipe(to);
      // A broken end takes the other one with it; that is all that is to be known of it.
      const breakBoth = (): void => {
        if (pairs.has(pair)) to.destroy();
      };
      from.on('error', breakBoth);
      from.on('close', () => {
        sockets.delete(from);
        breakBoth();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    /** Breaks every connection and lets none through. */
    cut(): void {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    /**
     * From now on nothing comes over the connections that are open, and who opened them is not told.
     * @param isServerTold whether the server hears of their end
     */
    forget(isServerTold: boolean): void {
      for (const { client, upstream } of pairs) {
        client.unpipe(upstream);
        upstream.unpipe(client);
        client.resume();
        upstream.resume();
        if (isServerTold) upstream.destroy();
      }
      pairs.clear();
    },
    restore(): void {
      isCut = false;
    },
    async close(): Promise<void> {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
