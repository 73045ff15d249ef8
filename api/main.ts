import { readEnvironmentOrExit } from '#core/config/env.ts';
import { createLogger } from '#core/platform/logger.ts';
import { openCore } from '#core/platform/open-core.ts';
import { onceOnStopSignal } from '#core/platform/stop-signals.ts';
import { listenToSupervisor } from '#core/platform/supervisor.ts';
import { SystemParts } from '#core/system/system-parts.ts';
import { startApi } from './server.ts';

const environment = readEnvironmentOrExit();
const parts = new SystemParts();
const logger = createLogger(environment.OVERMIND_INSTANCE_NAME, environment.LOG_LEVEL);
const supervisor = listenToSupervisor(environment.OVERMIND_SUPERVISED, (line) => {
  try {
    parts.take(line);
  } catch (error) {
    logger.warn(
      { err: error, line },
      'The supervisor said something that is not understood; is it of another version?',
    );
  }
});
const core = openCore({
  databaseUrl: environment.DATABASE_URL,
  redisUrl: environment.REDIS_URL,
  dataDirectory: environment.OVERMIND_DATA_DIR,
  searchPath: environment.PATH,
  logger,
});
const api = await startApi({
  core,
  host: environment.HOST,
  port: environment.PORT,
  webOrigin: environment.WEB_ORIGIN,
  hasWebSockets: environment.WEB_SOCKETS,
  publicOrigin: environment.OVERMIND_PUBLIC_ORIGIN,
  hosts: environment.OVERMIND_HOSTS,
  trustedProxies: environment.OVERMIND_TRUSTED_PROXIES,
  isExplorable: environment.OVERMIND_GRAPHIQL,
  parts,
});
logger.info({ port: api.port }, 'ready');

onceOnStopSignal(supervisor, async () => {
  logger.info('stopping');
  await api.close();
  await core.close();
});
