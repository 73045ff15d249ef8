import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Assignment } from './keeper-protocol.ts';
import { Keeper } from './keeper.ts';

const LIMIT_MS = 10_000;

/**
 * Has a standby do a run's work once, for nothing: what is compiled and loaded now is not waited for later (2 ms of the
 * 7 ms between an assignment and its process). Never rejects: without it the first run is only slower.
 */
export async function warmUp(): Promise<void> {
  let folder: string | null = null;
  try {
    folder = mkdtempSync(join(tmpdir(), 'overmind-standby-'));
    await new Keeper(emptyAssignment(folder), () => undefined).run();
  } catch (error) {
    console.error('a standby could not be warmed up', error);
  } finally {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  }
}

function emptyAssignment(folder: string): Assignment {
  return {
    runId: 'none',
    runFolder: folder,
    cwd: folder,
    isOwnFolder: true,
    env: {},
    stdinFile: null,
    sandbox: null,
    cgroup: null,
    commands: [{ file: '/bin/sh', args: ['-c', ':'], display: 'nothing' }],
    lease: { ttlMs: LIMIT_MS },
    limits: {
      runTimeoutMs: LIMIT_MS,
      idleTimeoutMs: null,
      graceMs: 0,
      maxLogBytes: 1_000,
      minFreeBytes: 0,
      maxMemoryBytes: null,
      maxProcesses: null,
      maxCpus: null,
    },
  };
}
