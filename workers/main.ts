import { readEnvironmentOrExit } from '#core/config/env.ts';
import { rulesPlanner } from '#core/planner/rules/rules-planner.ts';
import { createLogger } from '#core/platform/logger.ts';
import { openCore } from '#core/platform/open-core.ts';
import { onceOnStopSignal } from '#core/platform/stop-signals.ts';
import { listenToSupervisor } from '#core/platform/supervisor.ts';
import { untilDatabaseAnswers } from '#core/platform/until-database-answers.ts';
import { openEngines } from './speech/open-engines.ts';
import { startWorkers } from './start-workers.ts';

const environment = readEnvironmentOrExit();
const supervisor = listenToSupervisor(environment.OVERMIND_SUPERVISED);
const logger = createLogger('workers', environment.LOG_LEVEL);
const redisPrefix = 'overmind';
const core = openCore({
  databaseUrl: environment.DATABASE_URL,
  redisUrl: environment.REDIS_URL,
  redisPrefix,
  dataDirectory: environment.OVERMIND_DATA_DIR,
  searchPath: environment.PATH,
  logger,
});
const engines = openEngines(environment, logger);
const stopWorkers = startWorkers(core, {
  planner: rulesPlanner,
  redisUrl: environment.REDIS_URL,
  redisPrefix,
  engines,
});
onceOnStopSignal(supervisor, async () => {
  logger.info('stopping');
  await stopWorkers();
  engines.close();
  await core.close();
});
await untilDatabaseAnswers(core);
logger.info('ready');
