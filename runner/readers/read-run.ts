import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { RunSpec } from '#contract/run-spec.ts';
import type { KeeperStatus } from '../execution/keeper-protocol.ts';
import { SPOOL_FILES } from '../logs/spool-files.ts';
import { AgentReader } from './read-agent.ts';
import type { Reading } from './reading.ts';

const PIECE_BYTES = 256 * 1024;

/**
 * What a run's agent said, read from its spools: they hold every byte until the run is told, so it is the same
 * however often, and by whichever runner, it is read.
 * @param status the keeper's last word
 * @returns null when the agent's stream is not read, or its command was not reached
 * @throws the file system's error
 */
export async function readRun(runFolder: string, spec: RunSpec, status: KeeperStatus | null): Promise<Reading | null> {
  if (spec.reader === 'plain' || spec.kind !== 'task' || status === null) return null;
  const from = status.agentOutputFrom;
  if (!from) return null;
  const stdout = join(runFolder, SPOOL_FILES.stdout);
  // "In 3 hours" counts from when it was printed, also for a runner that comes back later.
  const reader = new AgentReader(spec.reader, statSync(stdout).mtime);
  await eachPiece(stdout, from[0], (bytes) => reader.push(bytes));
  await eachPiece(join(runFolder, SPOOL_FILES.stderr), from[1], (bytes) => reader.pushStderr(bytes));
  return reader.end(status);
}

async function eachPiece(path: string, from: number, take: (bytes: Buffer) => void): Promise<void> {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(PIECE_BYTES);
    for (let at = from; ;) {
      const count = readSync(file, buffer, 0, PIECE_BYTES, at);
      if (count === 0) return;
      take(buffer.subarray(0, count));
      at += count;
      // Other runs of this process are not to wait for a long log.
      await turn();
    }
  } finally {
    closeSync(file);
  }
}
