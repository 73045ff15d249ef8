import { createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';

/** A proxy that answers in the server's place, or one that sends every request twice. */
export type HttpFault = { status: 404 | 408 | 429 | 502 } | 'duplicate';

const PAGES: Readonly<Record<number, string>> = {
  404: 'default backend - 404\n',
  408: '<html><body>408 Request Timeout</body></html>',
  429: 'Too Many Requests\n',
  502: '<html><head><title>502 Bad Gateway</title></head></html>',
};

/** Speaks HTTP on one connection in the way of a proxy that misbehaves. */
export function createHttpFault(fault: HttpFault, nextTarget: () => number | null): { take(client: Socket): void } {
  const server = createServer((incoming, answer) => {
    if (fault === 'duplicate') void forwardTwice(incoming, answer, nextTarget());
    else refuse(incoming, answer, fault.status);
  });
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex) => {
    // A duplicated WebSocket makes no sense; the others answer here as everywhere.
    const status = fault === 'duplicate' ? 502 : fault.status;
    socket.on('error', () => socket.destroy());
    socket.end(
      `HTTP/1.1 ${status} From a proxy\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${PAGES[status] ?? ''}`,
    );
  });
  return {
    take(client) {
      server.emit('connection', client);
      client.resume();
    },
  };
}

function refuse(incoming: IncomingMessage, answer: ServerResponse, status: number): void {
  incoming.resume();
  const page = PAGES[status] ?? '';
  answer.writeHead(status, {
    'content-type': page.startsWith('<') ? 'text/html' : 'text/plain',
    'content-length': Buffer.byteLength(page),
  });
  answer.end(page);
}

/** Sends the request, and at the same time once more; the second answer is thrown away. */
async function forwardTwice(incoming: IncomingMessage, answer: ServerResponse, port: number | null): Promise<void> {
  try {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    const body = Buffer.concat(parts);
    if (port === null) throw new Error('no server to forward to');
    const [first] = await Promise.all([forward(incoming, body, port), forward(incoming, body, port).catch(() => null)]);
    answer.writeHead(first.status, { 'content-type': first.type, 'content-length': first.body.length });
    answer.end(first.body);
  } catch {
    // The server is away or the caller has gone: what a proxy says then.
    if (!answer.headersSent) refuse(incoming, answer, 502);
    else answer.destroy();
  }
}

function forward(
  incoming: IncomingMessage,
  body: Buffer,
  port: number,
): Promise<{ status: number; type: string; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const { 'transfer-encoding': _chunked, ...headers } = incoming.headers;
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        path: incoming.url,
        method: incoming.method,
        headers: { ...headers, 'content-length': body.length, connection: 'close' },
      },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part)).on('error', reject);
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 502,
            type: answer.headers['content-type'] ?? 'text/plain',
            body: Buffer.concat(parts),
          }),
        );
      },
    );
    outgoing.on('error', reject).end(body);
  });
}
