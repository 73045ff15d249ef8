import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createHttpFault, type HttpFault } from './http-fault.ts';

/** What the network does with what passes it. */
export type NetworkFault =
  | { kind: 'cut' }
  /** Everything is accepted and nothing passes; what was sent meanwhile arrives afterwards, or breaks. */
  | { kind: 'black_hole' }
  | { kind: 'delay'; ms: number }
  /** One byte a second in each direction. */
  | { kind: 'throttle' }
  /** Every connection is reset after so many more bytes of answer, so in the middle of a body. */
  | { kind: 'reset'; afterBytes: number }
  /** The far end is closed, and the near one does not hear of it. */
  | { kind: 'half_open' }
  | { kind: 'http'; answer: HttpFault };

const THROTTLE_MS = 1_000;
/** More than this is not held for a receiver that does not read; then the sender has to wait, as on a real network. */
const MAX_HELD_BYTES = 4 * 1024 * 1024;

interface Direction {
  from: Socket;
  to: Socket;
  held: Buffer[];
  heldBytes: number;
  isEnded: boolean;
  timer: NodeJS.Timeout | null;
}

interface Pair {
  client: Socket;
  upstream: Socket;
  directions: Direction[];
  answeredBytes: number;
}

/** Stands between two processes: over their real wire, it can do to them what networks do. */
export class FaultProxy {
  private readonly server: Server;
  private readonly pairs = new Set<Pair>();
  private readonly clients = new Set<Socket>();
  private fault: NetworkFault | null = null;
  private turn = 0;

  /** @param targets ports of loopback; each new connection takes the next one that answers */
  private constructor(
    readonly name: string,
    private readonly targets: () => readonly number[],
  ) {
    this.server = createServer((client) => this.accept(client));
  }

  static async start(name: string, targets: () => readonly number[]): Promise<FaultProxy> {
    const proxy = new FaultProxy(name, targets);
    await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Begins a fault, or ends the one there is with null. */
  set(fault: NetworkFault | null): void {
    const before = this.fault;
    this.fault = fault;
    if (fault?.kind === 'cut' || fault?.kind === 'http' || before?.kind === 'http') this.breakAll();
    if (fault?.kind === 'half_open') for (const { upstream } of this.pairs) upstream.destroy();
    if (fault?.kind === 'reset') for (const pair of this.pairs) pair.answeredBytes = 0;
    if (before?.kind === 'black_hole')
      for (const pair of this.pairs) if (pair.client.destroyed || pair.upstream.destroyed) this.drop(pair);
    // A half-open connection is one for good: whoever holds it has to find out by itself.
    if (fault === null)
      for (const pair of this.pairs) for (const direction of pair.directions) this.pass(pair, direction);
  }

  async close(): Promise<void> {
    this.breakAll();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private breakAll(): void {
    for (const client of this.clients) client.destroy();
  }

  private accept(client: Socket): void {
    this.clients.add(client);
    // 'close' follows, and says all there is to say.
    client.on('error', () => undefined);
    client.on('close', () => this.clients.delete(client));
    if (this.fault?.kind === 'cut') return void client.destroy();
    if (this.fault?.kind === 'http') return createHttpFault(this.fault.answer, () => this.nextTarget()).take(client);
    void this.dial(client);
  }

  private nextTarget(): number | null {
    const ports = this.targets();
    return ports[this.turn++ % Math.max(1, ports.length)] ?? null;
  }

  private async dial(client: Socket): Promise<void> {
    client.pause();
    for (let tries = this.targets().length; tries > 0; tries -= 1) {
      const port = this.nextTarget();
      const upstream = port === null ? null : await dialPort(port);
      if (upstream && client.destroyed) return void upstream.destroy();
      if (upstream) return this.join(client, upstream);
    }
    client.destroy();
  }

  private join(client: Socket, upstream: Socket): void {
    const direction = (from: Socket, to: Socket): Direction => ({
      from,
      to,
      held: [],
      heldBytes: 0,
      isEnded: false,
      timer: null,
    });
    const pair: Pair = {
      client,
      upstream,
      directions: [direction(client, upstream), direction(upstream, client)],
      answeredBytes: 0,
    };
    this.pairs.add(pair);
    upstream.on('error', () => undefined);
    for (const each of pair.directions) {
      each.from.on('data', (bytes: Buffer) => this.take(pair, each, bytes));
      each.from.on('end', () => {
        each.isEnded = true;
        this.pass(pair, each);
      });
      each.to.on('drain', () => each.from.resume());
      each.from.on('close', () => this.closed(pair, each));
    }
    client.resume();
  }

  private closed(pair: Pair, { from }: Direction): void {
    // Nobody beyond the break is told.
    if (this.fault?.kind === 'black_hole' || (this.fault?.kind === 'half_open' && from === pair.upstream)) return;
    this.drop(pair);
  }

  private drop(pair: Pair): void {
    this.pairs.delete(pair);
    for (const { timer } of pair.directions) if (timer) clearTimeout(timer);
    pair.client.destroy();
    pair.upstream.destroy();
  }

  private take(pair: Pair, direction: Direction, bytes: Buffer): void {
    direction.held.push(bytes);
    direction.heldBytes += bytes.length;
    if (direction.heldBytes > MAX_HELD_BYTES) direction.from.pause();
    this.pass(pair, direction);
  }

  /** Hands on what may pass now. */
  private pass(pair: Pair, direction: Direction): void {
    const { fault } = this;
    if (direction.timer || fault?.kind === 'black_hole' || direction.to.destroyed) return;
    if (fault?.kind === 'delay' || fault?.kind === 'throttle') {
      if (direction.heldBytes === 0 && !direction.isEnded) return;
      direction.timer = setTimeout(
        () => {
          direction.timer = null;
          this.send(pair, direction, this.fault?.kind === 'throttle' ? 1 : direction.heldBytes);
          if (direction.heldBytes > 0) this.pass(pair, direction);
        },
        fault.kind === 'delay' ? fault.ms : THROTTLE_MS,
      );
      return;
    }
    if (fault?.kind === 'reset' && direction.from === pair.upstream) {
      this.send(pair, direction, Math.max(0, fault.afterBytes - pair.answeredBytes));
      if (pair.answeredBytes >= fault.afterBytes) {
        reset(pair.client);
        reset(pair.upstream);
      }
      return;
    }
    this.send(pair, direction, direction.heldBytes);
  }

  private send(pair: Pair, direction: Direction, maxBytes: number): void {
    const all = Buffer.concat(direction.held);
    const bytes = all.subarray(0, maxBytes);
    direction.held = bytes.length < all.length ? [all.subarray(bytes.length)] : [];
    direction.heldBytes = all.length - bytes.length;
    if (direction.from === pair.upstream) pair.answeredBytes += bytes.length;
    if (bytes.length > 0 && !direction.to.destroyed && !direction.to.write(bytes)) direction.from.pause();
    else if (direction.heldBytes <= MAX_HELD_BYTES) direction.from.resume();
    if (direction.isEnded && direction.heldBytes === 0) direction.to.end();
  }
}

/** Resets a connection. Node's own resetAndDestroy ends it in order first, so that the other side hears no reset. */
function reset(socket: Socket): void {
  Object.assign(socket, { resetAndClosing: true }).destroy();
}

function dialPort(port: number): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.once('connect', () => resolve(socket));
    // Nobody listens there: the next one is tried.
    socket.once('error', () => resolve(null));
  });
}
