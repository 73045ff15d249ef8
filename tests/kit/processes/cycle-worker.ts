/** Runs the cycles of one project and dies the hard way as soon as the given phase is on record. */
import { rulesPlanner } from '#core/planner/rules/rules-planner.ts';
import { runCycles } from '#core/cycles/run-cycle.ts';
import { createLogger } from '#core/platform/logger.ts';
import { openCore } from '#core/platform/open-core.ts';

const { databaseUrl, redisUrl, redisPrefix, dataDirectory, projectId, dieAt } = JSON.parse(process.argv[2] ?? '{}') as {
  databaseUrl: string;
  redisUrl: string;
  redisPrefix: string;
  dataDirectory: string;
  projectId: string;
  dieAt: string;
};
const core = openCore({
  databaseUrl,
  redisUrl,
  redisPrefix,
  dataDirectory,
  searchPath: process.env['PATH'] ?? '',
  logger: createLogger('cycle-worker', 'error'),
});
await runCycles(core, projectId, {
  planner: rulesPlanner,
  onPhase: (phase) => {
    if (phase === dieAt) process.kill(process.pid, 'SIGKILL');
  },
});
await core.close();
