import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApiControlPlane } from './control-plane/api-control-plane.ts';
import { RefusedError } from './control-plane/control-plane.ts';
import { readEnvironment } from './env.ts';
import { PolicyFile } from './execution/policies.ts';
import { POLICY_FILE } from './execution/policy.ts';
import { findProgram, foldersOfPath } from './execution/programs-on-path.ts';
import { createLogger } from './logger.ts';
import { Runner } from './runner.ts';
import { onSupervisorGone } from './supervisor.ts';
import { readToken, readTokenFrom } from './token-file.ts';
import product from '../package.json' with { type: 'json' };

/** Asked to stop twice, or stuck: then it leaves at once; keepers do not need it. */
const STOP_TIMEOUT_MS = 15_000;
/** Leaving runs to their keepers needs a last request or two; whoever starts the next runner waits for it. */
const LEAVE_TIMEOUT_MS = 3_000;

const logger = createLogger();

// All runs end with this process: what nobody has waited for is a fault to be mended, and no reason for that.
process.on('unhandledRejection', (error) =>
  logger.error({ err: error }, 'something failed that nobody waited for; the runner goes on'),
);

async function main(): Promise<void> {
  if (process.getuid?.() === 0 && !process.argv.includes('--allow-root')) {
    throw new Error(
      'The runner executes what agents write and refuses to do that as root. Start it as an ordinary user, or with --allow-root.',
    );
  }
  const environment = readEnvironment();
  const token =
    environment.tokenFd === null
      ? readToken(join(environment.folder, 'runner.json'))
      : readTokenFrom(environment.tokenFd);
  const policies = new PolicyFile(join(environment.folder, POLICY_FILE), logger);
  const runner = new Runner({
    folder: environment.folder,
    policies,
    controlPlane: new ApiControlPlane(environment.url, token, logger),
    keeperArgs: keeperArgs(),
    gitFile: findGit(environment.searchPath),
    version: product.version,
    env: { ...environment.all, PATH: environment.searchPath },
    ownSecrets: [token],
    logger,
    sandboxFile: environment.sandboxFile,
    hiddenPaths: environment.hiddenPaths,
    onReady: (name) =>
      logger.info({ runner: name, capacity: policies.current().capacity, labels: policies.current().labels }, 'ready'),
  });

  let isStopping = false;
  const leave = (isEndingRuns: boolean): void => {
    isStopping = true;
    setTimeout(() => process.exit(1), isEndingRuns ? STOP_TIMEOUT_MS : LEAVE_TIMEOUT_MS).unref();
    void runner.stop(isEndingRuns).then(() => {
      logger.info({}, 'stopped');
      process.exit(0);
    });
  };
  const stop = (): void => {
    if (isStopping) process.exit(1);
    leave(environment.onStop === 'end');
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // Killed, it has asked for nothing: the runs go on, and the next runner adopts them.
  if (environment.isSupervised) onSupervisorGone(() => (isStopping ? undefined : leave(false)));
  await runner.run().catch((error: unknown) => {
    if (!isStopping) throw error;
  });
}

/** The bundle lies beside ours; from sources it is run by tsx. */
function keeperArgs(): string[] {
  const bundle = fileURLToPath(new URL('./keeper.mjs', import.meta.url));
  return existsSync(bundle)
    ? [bundle]
    : ['--import', import.meta.resolve('tsx'), fileURLToPath(new URL('./execution/keeper-main.ts', import.meta.url))];
}

function findGit(searchPath: string): string {
  const found = findProgram('git', foldersOfPath(searchPath));
  if (found === null) throw new Error(`The runner needs git, and there is none in ${searchPath}`);
  return found;
}

main().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  logger.fatal(
    error instanceof RefusedError ? { code: error.code } : { err: error },
    error instanceof RefusedError ? `the control plane refuses this runner: ${message}` : message,
  );
  process.exit(1);
});
