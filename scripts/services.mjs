#!/usr/bin/env node
/**
 * Throw-away PostgreSQL and Redis for development: prints the variables to export, bubblewrap's place among them where it
 * can be had, and stops both on SIGTERM or Ctrl-C.
 *
 *     node scripts/services.mjs [--data DIRECTORY] [--env FILE] [--durable]
 *
 * --data keeps them in a directory (default: a temporary one, removed at the end); --env also writes the exports,
 * with this process's id, to a file; --durable waits for the disk as the product does (for benchmarks).
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findBubblewrap } from './bootstrap/bubblewrap.mjs';
import { makeTemporaryDirectory, prepareDataDirectory } from './bootstrap/data-directory.mjs';
import { installDependencies } from './bootstrap/dependencies.mjs';
import { runEntryPoint } from './bootstrap/entry-point.mjs';
import { writeFileAtomically } from './bootstrap/files.mjs';
import { endLeftovers } from './bootstrap/leftovers.mjs';
import { createProgress } from './bootstrap/progress.mjs';
import { findServiceHome } from './bootstrap/service-home.mjs';
import { startServices } from './bootstrap/services.mjs';
import { watchOver } from './bootstrap/watcher.mjs';

const rootDir = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

await runEntryPoint(async ({ onStop, stopping }) => {
  const { values } = parseArgs({
    options: { data: { type: 'string' }, env: { type: 'string' }, durable: { type: 'boolean', default: false } },
  });
  const progress = createProgress(process.stderr, stopping);
  const dataDir = values.data === undefined ? makeTemporaryDirectory('overmind-services-') : path.resolve(values.data);
  if (values.data === undefined) onStop(() => rmSync(dataDir, { recursive: true, force: true }));
  onStop(prepareDataDirectory(dataDir, '--data'));
  await endLeftovers(dataDir);
  const record = watchOver(dataDir);
  await installDependencies(rootDir, progress);
  const home = findServiceHome(dataDir);
  const services = await startServices({
    rootDir,
    home,
    progress,
    record,
    onStop,
    stopping,
    isThrowAway: !values.durable,
  });
  const bubblewrap = await progress.step('Sandbox', () => findBubblewrap(home));
  const exports = [
    `export DATABASE_URL=${services.databaseUrl}\n`,
    `export REDIS_URL=${services.redisUrl}\n`,
    ...(bubblewrap ? [`export OVERMIND_BWRAP=${bubblewrap}\n`] : []),
  ].join('');
  if (values.env) {
    writeFileAtomically(
      path.resolve(values.env),
      `${exports}# stop with: kill ${process.pid}\nexport OVERMIND_SERVICES_PID=${process.pid}\n`,
      0o600,
    );
  }
  process.stdout.write(exports);
  await Promise.race(Object.values(services.own).map((service) => service?.exited));
  return 1;
});
