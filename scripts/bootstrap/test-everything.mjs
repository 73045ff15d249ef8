import { rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildPrograms } from './built-programs.mjs';
import { runChecks } from './checks.mjs';
import { makeTemporaryDirectory, prepareDataDirectory } from './data-directory.mjs';
import { installDependencies } from './dependencies.mjs';
import { runEntryPoint } from './entry-point.mjs';
import { generate } from './generated-files.mjs';
import { createProgress } from './progress.mjs';
import { findServiceHome } from './service-home.mjs';
import { serviceEnd } from './service-end.mjs';
import { startServices } from './services.mjs';
import { withSetupLock } from './setup-lock.mjs';
import { StartFailure } from './start-failure.mjs';
import { Tally } from './tally.mjs';
import { findTestTools } from './test-tools.mjs';
import { TEST_SUITES, runSuite } from './test-suites.mjs';
import { setUpVoiceForTests } from './voice.mjs';
import { watchOver } from './watcher.mjs';

/** The usual exit code of a program that Ctrl-C ended. */
const STOPPED = 130;

const rootDir = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The whole of `npm test`; see there. Ends the process. */
export async function testEverything() {
  await runEntryPoint(async ({ onStop, stopping }) => {
    const tally = new Tally();
    let isFinished = false;
    onStop(() => console.log(tally.lastLine())); // registered first, so said last
    onStop(() => {
      if (isFinished) return;
      // What did not run did not pass, also when somebody stopped it.
      tally.add('set-up', { passed: 0, failed: 1, skipped: 0 });
      process.exitCode ??= STOPPED;
    });
    await run(tally, onStop, stopping);
    stopping.throwIfAborted();
    for (const line of tally.summary()) console.log(line);
    isFinished = true;
    return tally.failed === 0 ? 0 : 1;
  });
}

/**
 * @param {Tally} tally
 * @param {(work: () => unknown) => void} onStop
 * @param {AbortSignal} stopping
 */
async function run(tally, onStop, stopping) {
  const { values, positionals } = parseArgs({ options: { only: { type: 'string' } }, allowPositionals: true });
  if (values.only !== undefined && !(values.only in TEST_SUITES)) {
    throw new StartFailure(`--only ${values.only} is not known; there are ${Object.keys(TEST_SUITES).join(', ')}.`);
  }
  const suites = values.only ? [values.only] : Object.keys(TEST_SUITES);
  const progress = createProgress(process.stdout, stopping);
  await withSetupLock(rootDir, progress, () => installDependencies(rootDir, progress));

  const dataDir = makeTemporaryDirectory('overmind-test-');
  onStop(() => rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 }));
  onStop(prepareDataDirectory(dataDir, 'The temporary folder'));
  const home = findServiceHome(dataDir);
  const services = await startServices({
    rootDir,
    home,
    progress,
    record: watchOver(dataDir),
    onStop,
    stopping,
    isThrowAway: true,
  });
  const tools = await findTestTools(home, suites.includes('e2e'), progress);

  if (values.only) {
    await withSetupLock(rootDir, progress, async () => {
      await generate({ rootDir, progress });
      if (values.only !== 'unit') await buildPrograms({ rootDir, progress });
    });
  } else {
    await withSetupLock(rootDir, progress, () => runChecks({ rootDir, progress, tally }));
  }

  const needsVoice = suites.some((suite) => suite !== 'chaos');
  const env = {
    ...process.env,
    ...(needsVoice &&
      (await withSetupLock(rootDir, progress, () => setUpVoiceForTests({ rootDir, progress, stopping })))),
    DATABASE_URL: services.databaseUrl,
    REDIS_URL: services.redisUrl,
    ...(tools.bubblewrap && { OVERMIND_BWRAP: tools.bubblewrap }),
    ...(tools.chromium && { OVERMIND_CHROMIUM: tools.chromium }),
  };
  const end = serviceEnd(services, stopping);
  for (const suite of suites) {
    stopping.throwIfAborted();
    if (suite === 'e2e' && tools.complaint) {
      console.log(`\n✗ ${tools.complaint}`);
      tally.add(suite, { passed: 0, failed: 1, skipped: 0 });
      continue;
    }
    console.log(`\n${TEST_SUITES[suite]?.title}`);
    const reportFile = path.join(dataDir, `${suite}.json`);
    const counts = runSuite({ rootDir, suite, env, reportFile, extraArgs: positionals });
    tally.add(suite, await Promise.race([counts, end]));
  }
}
