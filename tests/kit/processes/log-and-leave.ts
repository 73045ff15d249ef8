/** Logs a line, and at SIGTERM two more before it leaves at once: what every program of ours does. */
import { createLogger as createCoreLogger } from '#core/platform/logger.ts';
import { createLogger as createRunnerLogger } from '#runner/logger.ts';

const logger = process.argv[2] === 'runner' ? createRunnerLogger() : createCoreLogger('core', 'info');
process.on('SIGTERM', () => {
  logger.info({}, 'stopping');
  logger.info({}, 'stopped');
  process.exit(0);
});
setInterval(() => undefined, 60_000);
logger.info({}, 'ready');
