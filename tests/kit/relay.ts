import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** The network between a client and a server of the test's: it can fail, and its answers can be seen before they arrive. */
export interface Relay {
  url: string;
  /** From now on nothing gets through, and what is open breaks. */
  cut(): void;
  restore(): void;
  /** How many connections were refused while it was cut. */
  refusedCount(): number;
  /** Told of everything the server answers; `false` breaks the connection instead of letting it through. */
  onAnswer: (text: string) => boolean;
  close(): Promise<void>;
}

/** Starts a relay to a server on this machine. @param target its address, for example http://127.0.0.1:3000 */
export async function startRelay(target: string): Promise<Relay> {
  const open = new Set<Socket>();
  let isCut = false;
  let refusedCount = 0;
  const server = createServer((client) => {
    if (isCut) {
      refusedCount += 1;
      return client.destroy();
    }
    const upstream = connect(Number(new URL(target).port), '127.0.0.1');
    const end = (): void => {
      for (const socket of [client, upstream]) {
        open.delete(socket);
        socket.destroy();
      }
    };
    for (const socket of [client, upstream]) {
      open.add(socket);
      // 'close' follows.
      socket.on('error', () => undefined);
      socket.on('close', end);
    }
    client.on('data', (chunk) => void upstream.write(chunk));
    upstream.on('data', (chunk) => (relay.onAnswer(chunk.toString('utf8')) ? void client.write(chunk) : end()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const relay: Relay = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    onAnswer: () => true,
    cut() {
      isCut = true;
      for (const socket of open) socket.destroy();
    },
    restore() {
      isCut = false;
    },
    refusedCount: () => refusedCount,
    async close() {
      relay.cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return relay;
}
