import type { KeeperConnection } from './keeper-connection.ts';
import type { KeeperStatus } from './keeper-protocol.ts';
import { findByLastArgument, findRunProcesses, readProcess, readTree, signal } from './processes.ts';

const KILL_WAIT_MS = 5_000;
const POLL_MS = 20;

/** Ends what a killed keeper left. @param status its last word: the group it kept, unless that id belongs to somebody else by now */
export async function endLeftProcesses(
  runId: string,
  status: Pick<KeeperStatus, 'pid' | 'pidStartTicks'> | null,
): Promise<void> {
  const pid = status?.pid ?? null;
  const leader = pid === null ? null : readProcess(pid);
  const isReused = leader !== null && leader.startTicks !== status?.pidStartTicks;
  const deadlineMs = performance.now() + KILL_WAIT_MS;
  for (
    let left = findRunProcesses(runId, isReused ? null : pid);
    left.length > 0 && performance.now() < deadlineMs;
    left = findRunProcesses(runId, isReused ? null : pid)
  ) {
    for (const process of left) signal(process, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/**
 * Does a hung keeper's work: SIGTERM to the group it kept, then, when that has ended or the grace is over, the keeper's
 * own end, with which a sandbox ends. Whoever waits for the keeper sees to the rest.
 */
export async function endForHungKeeper(runId: string, keeper: KeeperConnection, graceMs: number): Promise<void> {
  const group = livingGroup(keeper.status);
  if (group !== null) {
    signal(-group, 'SIGTERM');
    signal(-group, 'SIGCONT');
  }
  const killAtMs = performance.now() + graceMs;
  while (performance.now() < killAtMs && isWorking(runId, group))
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  // It has come back to itself meanwhile, and has heard of the end as well.
  if (keeper.isHung && !(await killKeeper(keeper))) keeper.disconnect();
}

/**
 * Ends a keeper that hangs: its socket closes with it.
 * @returns false when its process is not known, nor found: then it may go on one day
 */
export async function killKeeper(keeper: KeeperConnection): Promise<boolean> {
  const pid = keeper.pid ?? (await findByLastArgument(keeper.socketPath));
  if (pid !== null) signal(pid, 'SIGKILL');
  return pid !== null;
}

/** Whether more is left than what holds a sandbox together: its first process, and the shell that waits for the keeper's word. */
function isWorking(runId: string, group: number | null): boolean {
  if (group === null) return false;
  const tree = readTree(group);
  if (tree[0]?.name === 'bwrap') return tree.length > 2;
  return findRunProcesses(runId, group).length > 0;
}

function livingGroup(status: Pick<KeeperStatus, 'pid' | 'pidStartTicks'> | null): number | null {
  const pid = status?.pid ?? null;
  return pid !== null && readProcess(pid)?.startTicks === status?.pidStartTicks ? pid : null;
}
