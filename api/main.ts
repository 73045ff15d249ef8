import { ConfigurationError, readEnvironment } from '#core/config/env.ts';
import type { Environment } from '#core/config/env.ts';
import { createLogger } from '#core/platform/logger.ts';
import { openCore } from '#core/platform/open-core.ts';
import { startApi } from './server.ts';

function environmentOrExit(): Environment {
  try {
    return readEnvironment();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

const environment = environmentOrExit();
const logger = createLogger(environment.OVERMIND_INSTANCE_NAME, environment.LOG_LEVEL);
const core = openCore({
  databaseUrl: environment.DATABASE_URL, redisUrl: environment.REDIS_URL, dataDirectory: environment.OVERMIND_DATA_DIR, logger,
});
const api = await startApi({
  core,
  host: environment.HOST,
  port: environment.PORT,
  webOrigin: environment.WEB_ORIGIN,
  publicOrigin: environment.OVERMIND_PUBLIC_ORIGIN,
  trustedProxies: environment.OVERMIND_TRUSTED_PROXIES,
  isExplorable: environment.OVERMIND_GRAPHIQL,
});
logger.info({ port: api.port }, 'ready');

let isStopping = false;
async function stop(): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  logger.info('stopping');
  await api.close();
  await core.close();
  process.exit(0);
}
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
