import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { nowMs } from './statistics.ts';

export type AgentOrder =
  | { kind: 'end' }
  | { kind: 'die' }
  | { kind: 'flood'; lines: number; lineBytes: number }
  | { kind: 'pace'; rate: number; seconds: number }
  | { kind: 'make'; files: number; links: number };

/** A program of a run that has started and waits for its order. */
export interface StartedAgent {
  runId: string;
  /** When its process began, on the clock of `nowMs`. */
  startedMs: number;
  /** When its first own statement ran: Node.js needs some 40 ms for itself before. */
  runningMs: number;
  /** The first of these on the wall clock, to be compared with the database's. */
  startedWallMs: number;
  /** When its process was gone, on the same clock. */
  goneMs: Promise<number>;
  order(order: AgentOrder): void;
}

export interface AgentControl {
  socketPath: string;
  /** The next program that starts. */
  next(timeoutMs?: number): Promise<StartedAgent>;
  close(): Promise<void>;
}

/** Listens for the programs that runs start (programs/agent.mjs). */
export async function listenForAgents(socketPath: string): Promise<AgentControl> {
  rmSync(socketPath, { force: true });
  const started: StartedAgent[] = [];
  const waiting: ((agent: StartedAgent) => void)[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.setEncoding('utf8'));
    const goneMs = new Promise<number>((resolve) => socket.once('close', () => resolve(nowMs())));
    let text = '';
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (!text.includes('\n')) return;
      const agent: StartedAgent = {
        ...(JSON.parse(text) as StartedAgent),
        goneMs,
        order: (order) => void socket.write(`${JSON.stringify(order)}\n`),
      };
      text = '';
      const waiter = waiting.shift();
      if (waiter) waiter(agent);
      else started.push(agent);
    });
    socket.on('close', () => sockets.delete(socket));
    // A program that was ended with its run.
    socket.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(socketPath, resolve));
  return {
    socketPath,
    next(timeoutMs = 30_000) {
      const first = started.shift();
      if (first) return Promise.resolve(first);
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`No program was started in ${timeoutMs / 1000} s`)), timeoutMs);
        waiting.push((agent) => {
          clearTimeout(timer);
          resolve(agent);
        });
      });
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
