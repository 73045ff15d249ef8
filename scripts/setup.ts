/**
 * Makes what a first start needs and what is missing at a later one: the first administrator, the token and policy of
 * this machine's runner, the demo project. Prints JSON lines; the line `admin` says how to sign in.
 */
import { readEnvironmentOrExit } from '#core/config/env.ts';
import { createLogger } from '#core/platform/logger.ts';
import { openCore } from '#core/platform/open-core.ts';
import { readSetupEnvironment } from '#scripts/setup/environment.ts';
import { setUpAdmin } from '#scripts/setup/set-up-admin.ts';
import { demoRepository, setUpDemo } from '#scripts/setup/set-up-demo.ts';
import { setUpRunner } from '#scripts/setup/set-up-runner.ts';

const environment = readEnvironmentOrExit();
const setup = readSetupEnvironment();
const logger = createLogger('setup', 'error');
const core = openCore({
  databaseUrl: environment.DATABASE_URL,
  redisUrl: environment.REDIS_URL,
  dataDirectory: environment.OVERMIND_DATA_DIR,
  searchPath: environment.PATH,
  logger,
});

try {
  const { user, ...said } = await setUpAdmin(core, {
    email: environment.OVERMIND_ADMIN_EMAIL,
    password: environment.OVERMIND_ADMIN_PASSWORD,
  });
  const demoFolder = environment.OVERMIND_DEMO ? setup.OVERMIND_DEMO_DIR : undefined;
  const roots = [...(demoFolder ? [demoRepository(demoFolder)] : []), ...setup.OVERMIND_REPO_ROOTS];
  // The runner first: the demo project is granted its repository on it.
  if (setup.OVERMIND_RUNNER_DIR) await setUpRunner(core, setup.OVERMIND_RUNNER_DIR, setup, roots);
  if (demoFolder)
    await setUpDemo(
      core,
      { kind: 'user', userId: user.id, email: user.email, isAdmin: user.isAdmin, sessionId: '' },
      demoFolder,
      setup.OVERMIND_RUNNER_NAME,
    );
  console.log(JSON.stringify({ level: 'info', msg: 'admin', email: user.email, ...said }));
} catch (error) {
  console.log(
    JSON.stringify({ level: 'error', msg: 'failed', error: error instanceof Error ? error.message : String(error) }),
  );
  process.exitCode = 1;
} finally {
  await core.close();
}
