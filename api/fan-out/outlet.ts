import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { MAX_QUEUED_BYTES } from '#core/config/limits.ts';

/**
 * The way to one subscriber: frames that were built once for many are written to its socket as they are. What a socket
 * has not taken yet is bounded: who does not read costs this much memory and no more.
 */
export class Outlet {
  /** Stands before each payload of this subscription. */
  readonly id: string;
  readonly #socket: WebSocket;
  readonly #wire: Duplex;

  /** @param wire what the WebSocket writes to: between its own frames there is room for ours */
  constructor(id: string, socket: WebSocket, wire: Duplex) {
    this.id = id;
    this.#socket = socket;
    this.#wire = wire;
  }

  /** @returns false: the socket has too much before it, and nothing was written */
  write(frame: Buffer): boolean {
    // After its closing frame nothing may come; who follows is told by the socket's end.
    if (this.#socket.readyState !== this.#socket.OPEN) return true;
    if (this.#socket.bufferedAmount > MAX_QUEUED_BYTES) return false;
    this.#wire.write(frame);
    return true;
  }

  /** Waits until the socket has taken everything, or the signal comes. */
  async drained(signal: AbortSignal): Promise<void> {
    if (!this.#wire.writableNeedDrain || signal.aborted) return;
    await once(this.#wire, 'drain', { signal }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}
