import path from 'node:path';
import { readText } from './files.mjs';
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
 * Builds and restarts what is made of a source that changes. A source that cannot be built changes nothing that runs, and
 * what changed with it waits for the next change.
 * @param {Pick<import('./start-everything.mjs').Running, 'progress' | 'stopping' | 'migrate' | 'renewRunner'> & {
 *   rootDir: string,
 *   restart: (part: typeof RUNNING[number]) => Promise<unknown>,
 *   buildBundles: (names: readonly string[]) => Promise<void>,
 *   generate: (names: readonly string[]) => Promise<void>,
 * }} options
 */
export function followSources({ rootDir, progress, stopping, migrate, renewRunner, restart, buildBundles, generate }) {
  const seen = hashAll();
  /** What changed and has not been taken up yet. @type {Set<Part | 'schema' | 'documents'>} */
  const pending = new Set();
  /** What the generated documents were checked against. */
  let documentedSchema = readSchema();
  let hasNewDocuments = false;
  let isAsked = false;
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
    isAsked = true;
    if (isAtWork) return;
    isAtWork = true;
    try {
      while (isAsked && !stopping.aborted) {
        isAsked = false;
        await takeUpOnce().catch(reportFailure);
      }
    } finally {
      isAtWork = false;
    }
  }

  /**
   * Whatever it is, the next change may mend it: a file can be gone between its name and its content being read.
   * @param {unknown} error
   */
  function reportFailure(error) {
    if (stopping.aborted) return;
    const lines =
      error instanceof StartFailure
        ? [messageOf(error), ...error.logTail]
        : (error instanceof Error ? (error.stack ?? messageOf(error)) : String(error)).split('\n');
    for (const [at, line] of lines.entries()) progress.note(at === 0 ? `  ✗ ${line}` : `  ${line}`);
  }

  async function takeUpOnce() {
    if (!lookForChanges()) return;
    if (pending.has('database')) await generate(['prisma']);
    pending.delete('database');
    await renewParts();
    if (pending.has('schema')) await generate(['schema', 'contract']);
    pending.delete('schema');
    const schema = readSchema();
    if (pending.has('documents') || schema !== documentedSchema) await generate(['documents']);
    pending.delete('documents');
    documentedSchema = schema;
  }

  /** Not that something is pending, or what cannot be built would be built without end. */
  function lookForChanges() {
    const now = hashAll();
    const changed = PARTS.filter((part) => now[part] !== seen[part]);
    const isNew = changed.length > 0 || hasNewDocuments;
    for (const part of changed) pending.add(part);
    if (changed.includes('api')) pending.add('schema');
    if (hasNewDocuments) pending.add('documents');
    hasNewDocuments = false;
    Object.assign(seen, now);
    return isNew;
  }

  async function renewParts() {
    const bundles = BUILT.filter((part) => pending.has(part)).flatMap((part) => BUNDLES[part]);
    if (bundles.length > 0) await buildBundles(bundles);
    const hasMigrations = pending.has('migrations');
    if (hasMigrations) await progress.step('Database', migrate);
    const restarted = RUNNING.filter((part) => pending.has(part) || (hasMigrations && ON_THE_DATABASE.includes(part)));
    if (pending.has('runner')) renewRunner();
    if (restarted.length > 0)
      await progress.step(`Restart of ${restarted.join(', ')}`, () => Promise.all(restarted.map(restart)));
    for (const part of [...restarted, /** @type {const} */ ('migrations')]) pending.delete(part);
  }

  function readSchema() {
    return readText(path.join(rootDir, 'schema.graphql'));
  }

  function hashAll() {
    return /** @type {Record<Part, string>} */ (
      Object.fromEntries(PARTS.map((part) => [part, hashInputs(rootDir, SOURCES[part], GENERATED)]))
    );
  }
}
