import { readEnvironmentOrExit } from '#core/config/env.ts';
import { rulesPlanner } from '#core/orchestrator/rules/rules-planner.ts';
import { createLogger } from '#core/platform/logger.ts';
import { openCore } from '#core/platform/open-core.ts';
import { onceOnStopSignal } from '#core/platform/stop-signals.ts';
import { startWorkers } from './start-workers.ts';

const environment = readEnvironmentOrExit();
const logger = createLogger('workers', environment.LOG_LEVEL);
const redisPrefix = 'overmind';
const core = openCore({ databaseUrl: environment.DATABASE_URL, redisUrl: environment.REDIS_URL, redisPrefix, dataDirectory: environment.OVERMIND_DATA_DIR, searchPath: environment.PATH, logger });
const stopWorkers = startWorkers(core, { planner: rulesPlanner, redisUrl: environment.REDIS_URL, redisPrefix });
await core.pool.query('select 1');
logger.info('ready');

onceOnStopSignal(async () => {
  logger.info('stopping');
  await stopWorkers();
  await core.close();
});
