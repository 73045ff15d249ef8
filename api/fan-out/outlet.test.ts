import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { MAX_QUEUED_BYTES } from '#core/config/limits.ts';
import { framesOf } from './group.ts';
import { Outlet } from './outlet.ts';

let server: WebSocketServer;
let client: WebSocket;
let served: WebSocket;
let outlet: Outlet;
const received: unknown[] = [];
beforeEach(async () => {
  received.length = 0;
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
  await once(server, 'listening');
  const connected = once(server, 'connection') as Promise<[WebSocket, { socket: Duplex }]>;
  client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, { perMessageDeflate: false });
  client.on('message', (bytes: Buffer) => received.push(JSON.parse(bytes.toString())));
  await once(client, 'open');
  const [socket, { socket: wire }] = await connected;
  served = socket;
  outlet = new Outlet('a', socket, wire);
});
afterEach(() => {
  client.terminate();
  server.close();
});

const bodyOf = (bytes: number): Buffer => Buffer.from(JSON.stringify('x'.repeat(bytes)));

test.each([0, 1, 70, 100, 120, 200, 65_000, 65_480, 66_000, 300_000])(
  'a payload of %i bytes comes as it was sent, between the frames of others',
  async (bytes) => {
    served.send('"before"');
    outlet.write(framesOf('a', [bodyOf(bytes), Buffer.from('"ünïcödé 😀"')]));
    served.send('"after"');
    await expect.poll(() => received.length).toBe(4);
    expect(received).toEqual([
      'before',
      { id: 'a', type: 'next', payload: 'x'.repeat(bytes) },
      { id: 'a', type: 'next', payload: 'ünïcödé 😀' },
      'after',
    ]);
  },
);

test('a socket that is not read takes what fits, and is told when there is room again', async () => {
  client.pause();
  const frame = framesOf('a', [bodyOf(10_000)]);
  let written = 0;
  // The kernels take some megabytes before anything is kept here.
  while (outlet.write(frame)) {
    written += 1;
    if (written % 50 === 0) await new Promise(setImmediate);
    expect(written).toBeLessThan(10_000);
  }
  expect(served.bufferedAmount).toBeLessThanOrEqual(MAX_QUEUED_BYTES + frame.length);
  const controller = new AbortController();
  let isDrained = false;
  const drained = outlet.drained(controller.signal).then(() => (isDrained = true));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(isDrained).toBe(false);
  client.resume();
  await drained;
  await expect.poll(() => received.length, { timeout: 5_000 }).toBe(written);
  expect(outlet.write(frame)).toBe(true);
});

test('after its closing frame nothing is written, and nobody waits for a socket that has gone', async () => {
  served.close();
  expect(outlet.write(framesOf('a', [bodyOf(10)]))).toBe(true);
  await once(client, 'close');
  expect(received).toEqual([]);
  const controller = new AbortController();
  controller.abort();
  await outlet.drained(controller.signal);
});
