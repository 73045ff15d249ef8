import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { generate } from './generated-files.mjs';
import { runToEnd } from './processes.mjs';
import { startEverything } from './start-everything.mjs';
import { StartFailure } from './start-failure.mjs';
import { followSources } from './follow-sources.mjs';

const rootDir = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
// Not in build/, whose stamp says that it is what `npm start` runs; inside of the clone, whose packages it finds.
const BUILD_DIR = path.join(rootDir, '.cache', 'dev-build');
const BUNDLES = ['api', 'explorer-files', 'workers', 'runner', 'keeper', 'demo-agent'];
const SOURCES = { migrate: 'scripts/migrate.ts', setup: 'scripts/setup.ts', web: 'web/dev.ts' };

/** The whole of `npm run dev`; see there. Ends the process. */
export async function develop() {
  await startEverything({
    title: 'OvermindOps, from its sources,',
    // Not what .env says: the data there may be of use to somebody, and belongs to the version that is installed.
    given: { ...process.env, OVERMIND_DATA_DIR: process.env['OVERMIND_DATA_DIR'] || path.join('data', 'dev') },
    buildDir: BUILD_DIR,
    build: (progress) => progress.step('Build', () => buildBundles(BUNDLES)),
    argsOf: (name) =>
      name === 'api' || name === 'workers'
        ? [path.join(BUILD_DIR, `${name}.mjs`)]
        : ['--import', 'tsx', path.join(rootDir, SOURCES[name])],
    webEnv: { NODE_ENV: 'development' },
    apiEnv: { WEB_SOCKETS: '1' },
    onStarted: ({ system, parts, ...running }) =>
      followSources({
        ...running,
        rootDir,
        // Agents at work stay, and the next runner adopts them.
        restart: (part) => parts[part].restart(() => (part === 'runner' ? system.runner.leave() : system[part].stop())),
        buildBundles,
        generate: (only) => generate({ rootDir, progress: running.progress, only }),
      }),
  });
}

/** @param {readonly string[]} names */
async function buildBundles(names) {
  const args = ['--import', 'tsx', 'scripts/build.ts', '--only', names.join(','), '--out', BUILD_DIR];
  const result = await runToEnd(process.execPath, args, { cwd: rootDir });
  if (result.code === 0) return;
  const lines = `${result.stdout}\n${result.stderr}`.split('\n').filter((line) => line.trim() !== '');
  throw new StartFailure('The build failed.', { logTail: lines.slice(0, 20) });
}
