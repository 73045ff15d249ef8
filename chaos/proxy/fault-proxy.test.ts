import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { FaultProxy } from './fault-proxy.ts';

const closers: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const portOf = (server: Server | ReturnType<typeof createHttpServer>): number => (server.address() as AddressInfo).port;

/** A server that says everything back. */
async function startEcho(): Promise<{ proxy: FaultProxy; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy = await FaultProxy.start('echo', () => [portOf(server)]);
  closers.push(
    () => new Promise((resolve) => server.close(resolve)),
    () => proxy.close(),
  );
  return { proxy, sockets };
}

/** A client that remembers what it heard. */
async function dial(port: number) {
  const socket = connect(port, '127.0.0.1');
  let heard = '';
  let ended: string | null = null;
  socket.setEncoding('utf8').on('data', (text: string) => (heard += text));
  socket.on('error', (error: NodeJS.ErrnoException) => (ended = error.code ?? 'error'));
  socket.on('close', () => (ended ??= 'closed'));
  await new Promise((resolve) => socket.once('connect', resolve));
  closers.push(() => void socket.destroy());
  return { say: (text: string) => void socket.write(text), heard: () => heard, ended: () => ended, socket };
}

test('without a fault everything passes, and an end is passed on', async () => {
  const { proxy } = await startEcho();
  const client = await dial(proxy.port);
  client.say('hello');
  await expect.poll(client.heard).toBe('hello');
  client.socket.end();
  await expect.poll(client.ended).toBe('closed');
});

test('a cut breaks what is open and lets nothing in, until it is over', async () => {
  const { proxy } = await startEcho();
  const before = await dial(proxy.port);
  before.say('hello');
  await expect.poll(before.heard).toBe('hello');
  proxy.set({ kind: 'cut' });
  await expect.poll(before.ended).not.toBeNull();
  const during = await dial(proxy.port);
  await expect.poll(during.ended).not.toBeNull();
  proxy.set(null);
  const after = await dial(proxy.port);
  after.say('again');
  await expect.poll(after.heard).toBe('again');
});

test('a black hole lets nothing through and gives it back, in order, when it is over', async () => {
  const { proxy, sockets } = await startEcho();
  const client = await dial(proxy.port);
  client.say('0');
  await expect.poll(client.heard).toBe('0');
  proxy.set({ kind: 'black_hole' });
  for (const digit of '123456789') client.say(digit);
  const leaving = await dial(proxy.port);
  leaving.socket.destroy();
  await expect.poll(() => sockets.length).toBe(2);
  expect(client.heard()).toBe('0');
  expect(sockets[1]?.destroyed).toBe(false);
  proxy.set(null);
  await expect.poll(client.heard).toBe('0123456789');
  await expect.poll(() => sockets[1]?.destroyed).toBe(true);
});

test('a delayed connection keeps its order', async () => {
  const { proxy } = await startEcho();
  const client = await dial(proxy.port);
  proxy.set({ kind: 'delay', ms: 50 });
  const startMs = performance.now();
  for (const digit of '123456789') client.say(digit);
  await expect.poll(client.heard).toBe('123456789');
  // There and back.
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(95);
});

test('a throttled connection carries a byte a second, and the rest at once when it is over', async () => {
  const { proxy } = await startEcho();
  const client = await dial(proxy.port);
  proxy.set({ kind: 'throttle' });
  client.say('0123456789');
  await expect.poll(client.heard, { timeout: 5_000 }).toBe('0');
  proxy.set(null);
  await expect.poll(client.heard, { timeout: 5_000 }).toBe('0123456789');
});

test('a reset comes after so many bytes of the answer', async () => {
  const { proxy } = await startEcho();
  const client = await dial(proxy.port);
  proxy.set({ kind: 'reset', afterBytes: 4 });
  client.say('0123456789');
  await expect.poll(client.ended).not.toBeNull();
  expect('0123'.startsWith(client.heard())).toBe(true);
});

test('of a half-open connection only the far end knows', async () => {
  const { proxy, sockets } = await startEcho();
  const client = await dial(proxy.port);
  client.say('hello');
  await expect.poll(client.heard).toBe('hello');
  proxy.set({ kind: 'half_open' });
  await expect.poll(() => sockets[0]?.destroyed).toBe(true);
  client.say('anybody?');
  proxy.set(null);
  const after = await dial(proxy.port);
  after.say('again');
  await expect.poll(after.heard).toBe('again');
  expect(client.ended()).toBeNull();
});

test('a server that is down is passed over', async () => {
  const { proxy: first } = await startEcho();
  const balancer = await FaultProxy.start('balancer', () => [1, first.port]);
  closers.push(() => balancer.close());
  for (let round = 0; round < 3; round += 1) {
    const client = await dial(balancer.port);
    client.say('hello');
    await expect.poll(client.heard).toBe('hello');
  }
});

async function startHttp() {
  const bodies: string[] = [];
  const server = createHttpServer((request, response) => {
    let body = '';
    request
      .on('data', (part: Buffer) => (body += part.toString()))
      .on('end', () => {
        bodies.push(body);
        response.end(`number ${bodies.length}`);
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy = await FaultProxy.start('http', () => [portOf(server)]);
  closers.push(
    () => new Promise((resolve) => server.close(resolve)),
    () => proxy.close(),
  );
  return { proxy, bodies, post: (body: string) => fetch(`http://127.0.0.1:${proxy.port}/`, { method: 'POST', body }) };
}

test.each([404, 408, 429, 502] as const)('a proxy answers %i with a page of its own, for a while', async (status) => {
  const { proxy, bodies, post } = await startHttp();
  proxy.set({ kind: 'http', answer: { status } });
  const answer = await post('lost');
  expect([answer.status, (await answer.text()).startsWith('{')]).toEqual([status, false]);
  proxy.set(null);
  expect(await (await post('kept')).text()).toBe('number 1');
  expect(bodies).toEqual(['kept']);
});

test('a request that is sent twice arrives twice and is answered once', async () => {
  const { proxy, bodies, post } = await startHttp();
  proxy.set({ kind: 'http', answer: 'duplicate' });
  expect(await (await post('one')).text()).toMatch(/^number [12]$/);
  expect(bodies).toEqual(['one', 'one']);
});
