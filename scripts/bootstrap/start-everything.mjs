import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBubblewrap } from './bubblewrap.mjs';
import { buildPrograms } from './built-programs.mjs';
import { checkSettings } from './check-settings.mjs';
import { prepareDataDirectory } from './data-directory.mjs';
import { installDependencies } from './dependencies.mjs';
import { runEntryPoint } from './entry-point.mjs';
import { checkExternalServices } from './external-services.mjs';
import { generate } from './generated-files.mjs';
import { endLeftovers, removeHalfDone } from './leftovers.mjs';
import { migrate, setUp } from './one-time-programs.mjs';
import { RememberedPorts, isPortFree } from './ports.mjs';
import { createProgress } from './progress.mjs';
import { handOverToRunner, prepareRunnerAccount } from './runner-account.mjs';
import { findServiceHome } from './service-home.mjs';
import { keepServicesRunning, startServices } from './services.mjs';
import { withSetupLock } from './setup-lock.mjs';
import { StartFailure } from './start-failure.mjs';
import { createSystem, requireGit, serverEnvironment, startSystem, stopSystem } from './system.mjs';
import { readSystemEnvironment } from './system-environment.mjs';
import { SystemStatus } from './system-status.mjs';
import { isVoiceWanted, prepareVoice, setUpVoiceBeside, voicePlaces } from './voice.mjs';
import { watchOver } from './watcher.mjs';
import { welcome } from './welcome.mjs';

const rootDir = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * In what `npm start` and `npm run dev` differ.
 * @typedef {object} Manner
 * @property {string} title
 * @property {NodeJS.ProcessEnv} given the environment
 * @property {string} buildDir where the runner's programs are
 * @property {(progress: import('./progress.mjs').Progress) => Promise<void>} build makes what is started
 * @property {import('./one-time-programs.mjs').ArgsOf} argsOf
 * @property {NodeJS.ProcessEnv} [webEnv]
 * @property {NodeJS.ProcessEnv} [apiEnv]
 * @property {(running: Running) => void} [onStarted]
 *
 * @typedef {object} Running
 * @property {ReturnType<typeof createSystem>} system
 * @property {Awaited<ReturnType<typeof startSystem>>['parts']} parts
 * @property {() => Promise<void>} migrate
 * @property {() => void} renewRunner brings what was built to where the runner finds it
 * @property {import('./progress.mjs').Progress} progress
 * @property {AbortSignal} stopping
 */

/** @type {Manner} */
const AS_BUILT = {
  title: 'OvermindOps',
  given: process.env,
  buildDir: path.join(rootDir, 'build'),
  build: (progress) => buildPrograms({ rootDir, progress }),
  argsOf: (name) => [path.join(rootDir, 'build', name === 'web' ? 'web/server.mjs' : `${name}.mjs`)],
};

/**
 * The whole of `npm start`; see there. Ends the process.
 * @param {Manner} [manner]
 */
export async function startEverything(manner = AS_BUILT) {
  const { title, buildDir, argsOf, webEnv, apiEnv } = manner;
  await runEntryPoint(async ({ onStop, stopping }) => {
    const startedAt = performance.now();
    const environment = readSystemEnvironment(manner.given, rootDir);
    checkSettings(environment.variables);
    requireGit(environment);
    const progress = createProgress(process.stdout, stopping);
    onStop(prepareDataDirectory(environment.dataDir, 'OVERMIND_DATA_DIR'));
    const leftovers = await endLeftovers(environment.dataDir);
    if (leftovers.length > 0)
      progress.note(`  ! an earlier start was killed; ended what it had left running: ${leftovers.join(', ')}`);
    await requireFreePort(environment);
    await checkExternalServices(environment);
    progress.note(`${title} is starting`);
    onStop(() => progress.note(`${title} has stopped`));

    const record = watchOver(environment.dataDir, progress.note);
    await withSetupLock(rootDir, progress, async () => {
      await installDependencies(rootDir, progress);
    });
    const home = findServiceHome(environment.dataDir);
    removeHalfDone([
      home.dataDir,
      home.directory,
      path.join(home.directory, 'tools'),
      path.join(home.directory, 'tools', 'runner'),
      path.join(rootDir, '.cache'),
    ]);
    const { databaseUrl, redisUrl } = environment;
    const services = await startServices({ rootDir, home, progress, record, onStop, stopping, databaseUrl, redisUrl });
    await withSetupLock(rootDir, progress, async () => {
      await generate({ rootDir, progress });
      await manner.build(progress);
    });

    const runner = prepareRunnerAccount(home, buildDir);
    const bubblewrap = await progress.step('Sandbox', () => findBubblewrap(home, runner.user));
    const webPort = await new RememberedPorts(environment.dataDir).take('web');
    const settings = { environment, databaseUrl: services.databaseUrl, redisUrl: services.redisUrl, webPort };
    const env = {
      ...serverEnvironment(settings),
      OVERMIND_RUNNER_DIR: runner.runnerDir,
      OVERMIND_DEMO_DIR: runner.demoDir,
      OVERMIND_RUNNER_BIN_DIR: runner.binDir,
      OVERMIND_RUNNER_EXEC_PATH: runner.execPath,
    };
    await progress.step('Database', () => migrate(argsOf, env));
    const admin = await progress.step('Accounts and demo', () => setUp(argsOf, env));
    handOverToRunner(runner);

    const voice = voicePlaces(environment.dataDir, environment.variables);
    const keeping = { status: new SystemStatus(), stopping, tell: progress.note };
    keepServicesRunning(services, keeping);
    const system = createSystem({
      ...settings,
      ...keeping,
      rootDir,
      argsOf,
      webEnv,
      apiEnv,
      workersEnv: prepareVoice(voice, environment.variables),
      runner,
      bubblewrap,
      record,
    });
    onStop(() => {
      progress.note('\n  Stopping …');
      return stopSystem(system);
    });
    const { missing, parts } = await startSystem(system, progress, keeping);
    for (const line of welcome({ environment, admin, missing, elapsedMs: performance.now() - startedAt }))
      progress.note(line);
    if (isVoiceWanted(environment.variables)) void setUpVoiceBeside(voice, { rootDir, progress, stopping });
    manner.onStarted?.({
      system,
      parts,
      migrate: () => migrate(argsOf, env),
      renewRunner: () => handOverToRunner(prepareRunnerAccount(home, buildDir)),
      progress,
      stopping,
    });
    // Nothing ends it from here on but whoever stops it.
    await new Promise((resolve) => stopping.addEventListener('abort', resolve));
    return 0;
  });
}

/** @param {import('./system-environment.mjs').SystemEnvironment} environment */
async function requireFreePort({ port, host }) {
  if (await isPortFree(port, host)) return;
  throw new StartFailure(
    `PORT=${port} on ${host} is taken by another program (or needs more rights); stop it, or choose another PORT.`,
  );
}
