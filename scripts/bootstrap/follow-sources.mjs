import path from 'node:path';
import { readText } from './files.mjs';
import { generate } from './generated-files.mjs';
import { hashInputs } from './stamps.mjs';
import { StartFailure, messageOf } from './start-failure.mjs';
import { watchTrees } from './watch-trees.mjs';

/** An editor, or a checkout of another branch, writes more than one file. */
const QUIET_MS = 100;

/** What each part is made of; what stands nowhere here (the pages) is followed by Vite. */
const SOURCES = {
  api: ['contract', 'core', 'api', 'prisma/schema.prisma'],
  workers: ['contract', 'core', 'workers', 'prisma/schema.prisma'],
  runner: ['contract', 'runner'],
  web: ['web/dev.ts', 'web/env.ts', 'web/server', 'web/vite.config.ts'],
  migrations: ['prisma/migrations', 'scripts/migrate.ts', 'scripts/migrations'],
  database: ['prisma/schema.prisma'],
};
const BUNDLES = /** @type {const} */ ({
  api: ['api', 'explorer-files'],
  workers: ['workers'],
  runner: ['runner', 'keeper', 'demo-agent'],
});
const GENERATED = ['runner/control-plane/gql', 'web/app/graphql/gql', 'prisma/generated', 'contract/json-schema'];
const WATCHED = ['contract', 'core', 'api', 'workers', 'runner', 'web', 'prisma', 'scripts/migrations'];

/** @typedef {keyof typeof SOURCES} Part */
const PARTS = /** @type {Part[]} */ (Object.keys(SOURCES));
const BUILT = /** @type {(keyof typeof BUNDLES)[]} */ (Object.keys(BUNDLES));
const RUNNING = /** @type {const} */ (['api', 'workers', 'runner', 'web']);
const ON_THE_DATABASE = ['api', 'workers'];

/**
 * Builds and restarts what is made of a source that changes. A source that cannot be built changes nothing that runs.
 * @param {import('./start-everything.mjs').Running & { rootDir: string, buildBundles: (names: readonly string[]) => Promise<void> }} options
 */
export function followSources({ rootDir, system, parts, progress, stopping, migrate, renewRunner, buildBundles }) {
  const hashes = hashAll();
  let hasNewDocuments = false;
  let isAtWork = false;
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const folders = WATCHED.map((folder) => path.join(rootDir, folder));
  watchTrees(folders, (file) => notice(path.relative(rootDir, file)), stopping);

  /** @param {string} file */
  function notice(file) {
    if (GENERATED.some((folder) => file.startsWith(`${folder}/`))) return;
    hasNewDocuments ||= /\.tsx?$/.test(file) && (readText(path.join(rootDir, file)) ?? '').includes('graphql(');
    clearTimeout(timer);
    timer = setTimeout(() => void takeUp(), QUIET_MS);
  }

  async function takeUp() {
    if (isAtWork) return;
    isAtWork = true;
    // What changes meanwhile is seen by its hash.
    let isMore = true;
    while (isMore && !stopping.aborted) isMore = await takeUpOnce().catch(reportFailure);
    isAtWork = false;
  }

  /** @param {unknown} error */
  function reportFailure(error) {
    if (!stopping.aborted) {
      if (!(error instanceof StartFailure)) throw error;
      for (const line of [`✗ ${messageOf(error)}`, ...error.logTail]) progress.note(`  ${line}`);
    }
    return true;
  }

  /** @returns {Promise<boolean>} whether there was anything */
  async function takeUpOnce() {
    const now = hashAll();
    const changed = new Set(PARTS.filter((part) => now[part] !== hashes[part]));
    const isNewDocuments = hasNewDocuments;
    hasNewDocuments = false;
    Object.assign(hashes, now);
    if (changed.size === 0 && !isNewDocuments) return false;

    if (changed.has('database')) await generate({ rootDir, progress, only: ['prisma'] });
    const bundles = BUILT.filter((part) => changed.has(part)).flatMap((part) => BUNDLES[part]);
    if (bundles.length > 0) await buildBundles(bundles);
    if (changed.has('migrations')) await progress.step('Database', migrate);
    const restarted = RUNNING.filter(
      (part) => changed.has(part) || (changed.has('migrations') && ON_THE_DATABASE.includes(part)),
    );
    if (changed.has('runner')) renewRunner();
    if (restarted.length > 0)
      await progress.step(`Restart of ${restarted.join(', ')}`, () => Promise.all(restarted.map(restart)));

    const schema = readText(path.join(rootDir, 'schema.graphql'));
    if (changed.has('api')) await generate({ rootDir, progress, only: ['schema', 'contract'] });
    if (isNewDocuments || readText(path.join(rootDir, 'schema.graphql')) !== schema)
      await generate({ rootDir, progress, only: ['documents'] });
    return true;
  }

  /** @param {typeof RUNNING[number]} part */
  async function restart(part) {
    const program = system[part];
    // Agents at work stay, and the next runner adopts them.
    await parts[part].restart(() => (part === 'runner' ? program.leave() : program.stop()));
  }

  function hashAll() {
    return /** @type {Record<Part, string>} */ (
      Object.fromEntries(PARTS.map((part) => [part, hashInputs(rootDir, SOURCES[part], GENERATED)]))
    );
  }
}
