import http from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** What the proxy says in the server's place. */
export interface ProxyAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
  /** Ends the connection after this much of the body. */
  cutAfter?: number;
  /** Only requests of this content type are answered so. */
  only?: string;
}

/** A reverse proxy in front of a server of the test's, as people have them: it answers itself when told to. */
export interface HttpProxy {
  url: string;
  /** Null: everything goes through. */
  answer: ProxyAnswer | null;
  /** How often it answered itself, by `HTTP` and `upgrade`. */
  answered: { requests: number; upgrades: number };
  /** Breaks the sockets that are open. */
  cutSockets(): void;
  close(): Promise<void>;
}

/** @param target the server's address, for example http://127.0.0.1:3000 */
export async function startHttpProxy(target: string): Promise<HttpProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const server = http.createServer((request, response) => {
    const { answer } = proxy;
    if (answer && (request.headers['content-type'] ?? '').startsWith(answer.only ?? '')) {
      proxy.answered.requests += 1;
      request.resume();
      const body = answer.body ?? '';
      response.writeHead(answer.status, { 'content-length': Buffer.byteLength(body), ...answer.headers });
      if (answer.cutAfter === undefined) return response.end(body);
      response.write(body.slice(0, answer.cutAfter), () => response.destroy());
      return;
    }
    const upstream = http.request(
      { hostname, port, path: request.url, method: request.method, headers: request.headers },
      (from) => {
        response.writeHead(from.statusCode ?? 0, from.headers);
        from.pipe(response);
        from.on('error', () => response.destroy());
      },
    );
    upstream.on('error', () => response.destroy());
    request.pipe(upstream);
  });
  server.on('upgrade', (request, client: Socket, head) => {
    if (proxy.answer) {
      proxy.answered.upgrades += 1;
      client.end(`HTTP/1.1 ${proxy.answer.status} No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno`);
      return;
    }
    const upstream = connect(Number(port), hostname, () => {
      const lines = request.rawHeaders.reduce(
        (text, part, index) => text + part + (index % 2 === 0 ? ': ' : '\r\n'),
        '',
      );
      upstream.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines}\r\n`);
      upstream.write(head);
      upstream.pipe(client);
      client.pipe(upstream);
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: HttpProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: null,
    answered: { requests: 0, upgrades: 0 },
    cutSockets() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return proxy;
}
