import { readlinkSync } from 'node:fs';
import { listProcesses, readVariable } from '../system/processes.ts';
import type { ApiProcess, RunnerProcess, System } from '../system/system.ts';

/** Chooses among what there is at the moment: the same number, the same place in the list. */
export function choose<T>(items: readonly T[], target: number): T | undefined {
  return items[target % Math.max(1, items.length)];
}

export const liveApis = ({ liveApis: apis }: System): ApiProcess[] => apis;
export const liveRunners = ({ runners }: System): RunnerProcess[] =>
  runners.filter(({ program }) => program.pid !== null);

/** Keepers of these runners: one of them, on standby, belongs to no run. */
export function findKeepers(runners: readonly RunnerProcess[]): number[] {
  return listProcesses()
    .filter(({ command }) => command.includes('keeper') && runners.some(({ folder }) => command.includes(`${folder}/`)))
    .map(({ pid }) => pid);
}

export interface AgentProcess {
  pid: number;
  runId: string;
}

/** Programs of agents, whatever stands between them and their keeper. */
export function findAgents(runIds: ReadonlySet<string>): AgentProcess[] {
  return listProcesses().flatMap(({ pid, command }) => {
    if (!command.includes('tools/agent.mjs') || !isNode(pid)) return [];
    const runId = readVariable(pid, 'OVERMIND_RUN_ID');
    return runId !== null && runIds.has(runId) ? [{ pid, runId }] : [];
  });
}

function isNode(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/exe`) === process.execPath;
  } catch {
    // Ended since it was listed.
    return false;
  }
}
