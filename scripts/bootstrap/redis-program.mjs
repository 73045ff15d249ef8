import { existsSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { hasDebianPackages, unpackDebianPackages } from './debian-packages.mjs';
import { findProgram } from './programs.mjs';
import { runToEnd } from './processes.mjs';
import { serviceDirectory } from './service-home.mjs';
import { StartFailure } from './start-failure.mjs';

/**
 * A way to run Redis on this machine.
 * @typedef {{ kind: 'program', file: string, libraryPath: string | undefined } | { kind: 'docker', file: string }} RedisProgram
 */

// On Debian the program itself is in redis-tools; redis-server only holds a link to it. The libraries are those it needs beyond the base system.
const PACKAGE_SETS = [
  ['redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1'],
  ['valkey-tools', 'libjemalloc2', 'liblzf1', 'libatomic1'],
];
const INSTALL_HINT = "install redis-server (or valkey) with the system's package manager, or set REDIS_URL.";

/**
 * Redis or Valkey: from the machine; unpacked earlier; from the system's packages, unpacked but not installed; by Docker.
 * @param {import('./service-home.mjs').ServiceHome} home
 * @returns {Promise<RedisProgram>}
 * @throws {StartFailure} saying what to install
 */
export async function findRedis(home) {
  const installed = findProgram('redis-server', 'valkey-server');
  if (installed) return { kind: 'program', file: installed, libraryPath: undefined };

  const unpackedDir = path.join(serviceDirectory(home, 'tools', { mode: 0o755 }), 'redis');
  const unpacked = await runnableIn(unpackedDir);
  if (unpacked) return unpacked;

  let why = 'this system has no apt-get';
  if (hasDebianPackages()) {
    for (const packages of PACKAGE_SETS) {
      why = (await unpackDebianPackages(packages, unpackedDir)) ?? 'the unpacked program did not run';
      const fetched = await runnableIn(unpackedDir);
      if (fetched) return fetched;
    }
  }
  const docker = findProgram('docker');
  if (docker && (await runToEnd(docker, ['info'])).code === 0) return { kind: 'docker', file: docker };
  throw new StartFailure(
    `Redis was not found and could not be fetched (${why}; Docker does not answer either): ${INSTALL_HINT}`,
  );
}

/**
 * @param {string} directory
 * @returns {Promise<RedisProgram | undefined>} undefined when there is none, or it does not run here
 */
async function runnableIn(directory) {
  const binDir = path.join(directory, 'usr', 'bin');
  if (!existsSync(binDir)) return undefined;
  const server = path.join(binDir, 'redis-server');
  const twin = ['redis-check-rdb', 'valkey-check-rdb'].find((name) => existsSync(path.join(binDir, name)));
  // One program under several names: it looks at the name that it is called by.
  if (!existsSync(server) && twin) symlinkSync(twin, server);
  if (!existsSync(server)) return undefined;
  const libraryRoot = path.join(directory, 'usr', 'lib');
  const folders = [
    libraryRoot,
    ...readdirSync(libraryRoot, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => path.join(libraryRoot, entry.name)),
  ];
  const libraryPath = folders.join(':');
  const version = await runToEnd(server, ['--version'], { env: { LD_LIBRARY_PATH: libraryPath } });
  return version.code === 0 && /server v=/i.test(version.stdout)
    ? { kind: 'program', file: server, libraryPath }
    : undefined;
}
