import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { HeartbeatRunsDocument } from './documents.ts';
import { GraphqlHttp, uploadTimeoutMs } from './graphql-http.ts';

let server: Server | null = null;
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server?.close();
});

/** Answers each request on a connection until it is told to be silent: a connection whose other end is gone looks so. */
async function startServer(isSilent: (connection: number) => boolean): Promise<string> {
  server = createServer((socket) => {
    const connection = sockets.push(socket);
    socket.on('data', () => {
      if (isSilent(connection)) return;
      const body = '{"data":{"heartbeatRuns":{"leases":[]}}}';
      socket.write(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}/graphql`;
}

test('a dead connection costs one request its time, however many of them were kept', async () => {
  let isDead = false;
  const url = await startServer((connection) => isDead && connection <= 4);
  const http = new GraphqlHttp(url, 'token');
  const ask = (timeoutMs: number): Promise<unknown> =>
    http.request(HeartbeatRunsDocument, { input: { runs: [] } }, timeoutMs);
  await Promise.all(Array.from({ length: 4 }, () => ask(5_000)));
  expect(sockets).toHaveLength(4);
  isDead = true;
  await expect(ask(200)).rejects.toThrow('can not be reached');
  await expect(ask(5_000)).resolves.toEqual({ heartbeatRuns: { leases: [] } });
  expect(sockets).toHaveLength(5);
});

test('a small file whose answer is lost is sent again within a lease or so, a large one has time for a slow way', () => {
  expect(uploadTimeoutMs(2_000)).toBeLessThan(15_000);
  expect(uploadTimeoutMs(32 * 1024 * 1024)).toBeGreaterThan(8 * 60_000);
});
