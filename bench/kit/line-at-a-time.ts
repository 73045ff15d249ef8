import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { post } from './graphql.ts';
import { freePort, startProgram } from './processes.ts';
import type { Product } from './product.ts';
import { nowMs } from './statistics.ts';

const APPEND =
  'mutation ($runId: ID!, $seq: Int!, $stream: Int!, $message: String!) { appendLine(runId: $runId, seq: $seq, stream: $stream, message: $message) }';

export interface LineAtATime {
  /** Sends the lines of several runs at once, each line after the answer to the one before it. @returns lines a second, until a viewer has all */
  measure(runs: number, linesARun: number, lineOf: (number: number) => string): Promise<number>;
  stop(): Promise<void>;
}

/** Starts the design to beat (line-at-a-time/server.ts) on the services of the product. */
export async function startLineAtATime({ databaseUrl, redisUrl }: Product): Promise<LineAtATime> {
  const port = await freePort();
  const file = fileURLToPath(new URL('../line-at-a-time/server.ts', import.meta.url));
  const server = await startProgram(
    'line-at-a-time',
    ['--import', 'tsx', file],
    {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      PORT: String(port),
    },
    (output) => output.includes('"msg":"ready"'),
  );
  const agent = new Agent({ keepAlive: true });
  const socket = new WebSocket(`ws://127.0.0.1:${port}/lines`, { perMessageDeflate: false });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  let seen = 0;
  let wake: () => void = () => undefined;
  socket.on('message', (bytes: Buffer) => {
    JSON.parse(bytes.toString());
    seen += 1;
    wake();
  });
  return {
    async measure(runs, linesARun, lineOf) {
      seen = 0;
      const startMs = nowMs();
      await Promise.all(
        Array.from({ length: runs }, async () => {
          const runId = randomUUID();
          for (let seq = 0; seq < linesARun; seq += 1) {
            const text = await post(
              agent,
              `http://127.0.0.1:${port}`,
              null,
              JSON.stringify({ query: APPEND, variables: { runId, seq, stream: 1, message: lineOf(seq) } }),
            );
            if (text.includes('"errors"')) throw new Error(`Expected a line to be stored, found ${text.slice(0, 500)}`);
          }
        }),
      );
      while (seen < runs * linesARun) await new Promise<void>((resolve) => (wake = resolve));
      return (runs * linesARun) / ((nowMs() - startMs) / 1_000);
    },
    async stop() {
      socket.terminate();
      agent.destroy();
      await server.stop();
    },
  };
}
