import { copyStateToGit, orchestratorCycle, rebuildState, wakeAgent, wakeRunners } from '#core/jobs/jobs.ts';
import { wakeParkedAgent } from '#core/agents/park-agent.ts';
import { handles, workQueue } from '#core/jobs/work-queue.ts';
import { runCycles } from '#core/cycles/run-cycle.ts';
import type { CycleOptions } from '#core/cycles/run-cycle.ts';
import type { Core } from '#core/platform/core.ts';
import { connectRedis } from '#core/platform/open-core.ts';
import { wakeDelayedRun } from '#core/runs/wake-delayed-run.ts';
import { copyStateVersions } from '#core/state/copy-to-git.ts';
import { rebuildStaleState } from '#core/state/rebuild-state.ts';
import { startSweeps } from './sweeps.ts';

const CONCURRENCY = 4;

export interface WorkersOptions extends CycleOptions {
  redisUrl: string;
  redisPrefix: string;
}

/**
 * Starts the background work: cycles, copies of the state document, sweeps.
 * @returns ends it after what is under way
 */
export function startWorkers(core: Core, options: WorkersOptions): () => Promise<void> {
  const { redisUrl, redisPrefix: prefix, ...cycle } = options;
  const cyclesOf = (projectId: string) => runCycles(core, projectId, cycle);
  const handlers = [
    handles(orchestratorCycle, async ({ projectId }) => void (await cyclesOf(projectId))),
    handles(rebuildState, ({ projectId }) => rebuildStaleState(core, projectId)),
    handles(copyStateToGit, ({ projectId }) => copyStateVersions(core, projectId)),
    handles(wakeRunners, ({ runId }) => wakeDelayedRun(core, runId)),
    handles(wakeAgent, ({ agentId }) => wakeParkedAgent(core, agentId)),
  ];
  const connections = (['orchestrator', 'maintenance'] as const).map((queue) => {
    const connection = connectRedis(redisUrl, core.logger, { waitsInside: true });
    return {
      connection,
      close: workQueue({ queue, handlers, connection, prefix, concurrency: CONCURRENCY, logger: core.logger }),
    };
  });
  const stopSweeps = startSweeps(core, cyclesOf);
  return async () => {
    stopSweeps();
    await Promise.all(connections.map(({ close }) => close()));
    for (const { connection } of connections) connection.disconnect();
  };
}
