import { findRunProcesses, readProcess, signal } from './processes.ts';
import type { KeeperStatus } from './keeper-protocol.ts';

const KILL_WAIT_MS = 5_000;

/** Ends what a killed keeper left. @param status its last word: the group it kept, unless that id belongs to somebody else by now */
export async function endLeftProcesses(runId: string, status: Pick<KeeperStatus, 'pid' | 'pidStartTicks'> | null): Promise<void> {
  const pid = status?.pid ?? null;
  const leader = pid === null ? null : readProcess(pid);
  const isReused = leader !== null && leader.startTicks !== status?.pidStartTicks;
  const deadlineMs = performance.now() + KILL_WAIT_MS;
  for (let left = findRunProcesses(runId, isReused ? null : pid); left.length > 0 && performance.now() < deadlineMs; left = findRunProcesses(runId, isReused ? null : pid)) {
    for (const process of left) signal(process, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
