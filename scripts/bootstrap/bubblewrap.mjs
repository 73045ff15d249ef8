import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { hasDebianPackages, unpackDebianPackages } from './debian-packages.mjs';
import { findProgram, quotedForShell } from './programs.mjs';
import { runToEnd } from './processes.mjs';
import { reachableCopy, serviceDirectory } from './service-home.mjs';
import { messageOf } from './start-failure.mjs';

/** The runner asks for the same. */
const MIN_VERSION = /** @type {const} */ ([0, 4]);
// The second with the libraries that it needs beyond the C library, where the system has not got them.
const PACKAGE_SETS = [['bubblewrap'], ['bubblewrap', 'libcap2', 'libselinux1', 'libpcre2-8-0']];
/** Without a network each try takes long; a start is not to wait for one every time. */
const TRY_AGAIN_AFTER_MS = 60 * 60_000;

/**
 * bubblewrap, which keeps agents apart from the rest of the machine: from the machine; unpacked earlier; from the
 * system's packages, unpacked but not installed. Whether it works here (user namespaces may be forbidden) the runner
 * finds out as the user it runs as. Without it everything runs as well, and says that it is not sandboxed.
 * @param {import('./service-home.mjs').ServiceHome} home
 * @param {import('./users.mjs').SystemUser} [user] who runs it; undefined: ourselves
 * @returns {Promise<string | undefined>} its path
 */
export async function findBubblewrap(home, user) {
  if (process.platform !== 'linux') return undefined;
  const installed = findProgram('bwrap');
  if (installed && (await runs(installed))) return reachableCopy(home, user, installed, 'bwrap');
  const directory = path.join(serviceDirectory(home, 'tools', { mode: 0o755 }), 'bubblewrap');
  return (await runnableIn(directory)) ?? (await fetchInto(directory));
}

/** @param {string} directory */
async function fetchInto(directory) {
  const failedFile = `${directory}.failed`;
  const failed = statSync(failedFile, { throwIfNoEntry: false });
  if (!hasDebianPackages() || (failed && Date.now() - failed.mtimeMs < TRY_AGAIN_AFTER_MS)) return undefined;
  let why = 'the unpacked program did not run';
  for (const packages of PACKAGE_SETS) {
    why = (await unpackDebianPackages(packages, directory).catch(messageOf)) ?? why;
    const fetched = await runnableIn(directory);
    if (fetched) return fetched;
  }
  writeFileSync(failedFile, `${why}\n`);
  return undefined;
}

/**
 * @param {string} directory
 * @returns {Promise<string | undefined>} undefined when there is none, or it does not run here
 */
async function runnableIn(directory) {
  const program = path.join(directory, 'usr', 'bin', 'bwrap');
  if (!existsSync(program)) return undefined;
  if (await runs(program)) return program;
  const withLibraries = path.join(directory, 'bwrap');
  const lib = path.join(directory, 'usr', 'lib');
  const folders = existsSync(lib)
    ? readdirSync(lib, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => path.join(lib, entry.name))
    : [];
  for (const top of readdirSync(directory).filter((name) => name.startsWith('lib'))) {
    for (const entry of readdirSync(path.join(directory, top), { withFileTypes: true }))
      if (entry.isDirectory()) folders.push(path.join(directory, top, entry.name));
  }
  // The libraries are bubblewrap's alone: what it starts must not get them.
  writeFileSync(
    withLibraries,
    `#!/bin/sh\nLD_LIBRARY_PATH=${quotedForShell(folders.join(':'))} exec ${quotedForShell(program)} --unsetenv LD_LIBRARY_PATH "$@"\n`,
    { mode: 0o755 },
  );
  return (await runs(withLibraries)) ? withLibraries : undefined;
}

/** @param {string} file */
async function runs(file) {
  const version = await runToEnd(file, ['--version'], { env: {} }).catch(() => undefined);
  const [major = 0, minor = 0] = (/bubblewrap (\d+)\.(\d+)/.exec(version?.stdout ?? '') ?? []).slice(1).map(Number);
  return version?.code === 0 && (major > MIN_VERSION[0] || minor >= MIN_VERSION[1]);
}
