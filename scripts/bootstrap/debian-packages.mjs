import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { findProgram } from './programs.mjs';
import { runToEnd } from './processes.mjs';
import { StartFailure } from './start-failure.mjs';
import { isRoot } from './users.mjs';

/** Whether this machine has Debian's (or Ubuntu's) package tools. */
export function hasDebianPackages() {
  return findProgram('apt-get') !== undefined && findProgram('dpkg-deb') !== undefined;
}

/** What APT says it would do: "Inst libopus0 (1.3.1-3 Debian:12.15/oldstable [amd64])". */
const TO_INSTALL = /^Inst (\S+) /gm;

/**
 * Fetches packages and unpacks them into a folder, without installing anything on the machine and without root.
 * @param {readonly string[]} packages
 * @param {string} targetDir replaced when everything is there, so that it is never half done
 * @param {(name: string) => boolean} [isNeeded] given: also what they depend on and the machine lacks, where it says yes
 * @returns {Promise<string | undefined>} the reason when it did not work
 */
export async function unpackDebianPackages(packages, targetDir, isNeeded) {
  const workDir = `${targetDir}.${process.pid}.tmp`;
  rmSync(workDir, { recursive: true, force: true });
  mkdirSync(path.join(workDir, 'root'), { recursive: true });
  try {
    const why = await download(packages, workDir, isNeeded);
    if (why) return why;
    for (const file of readdirSync(workDir).filter((name) => name.endsWith('.deb'))) {
      const unpacked = await runToEnd('dpkg-deb', ['-x', path.join(workDir, file), path.join(workDir, 'root')]);
      if (unpacked.code !== 0) return lastLine(unpacked.stderr);
    }
    rmSync(targetDir, { recursive: true, force: true });
    renameSync(path.join(workDir, 'root'), targetDir);
    return undefined;
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

/**
 * Installs packages on this machine. Needs root.
 * @param {readonly string[]} packages
 * @param {(line: string) => void} onLine progress
 */
export async function installDebianPackages(packages, onLine) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () => runToEnd('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { env, onLine });
  let result = await install();
  if (result.code !== 0) {
    await runToEnd('apt-get', ['update'], { env, onLine });
    result = await install();
  }
  if (result.code !== 0) {
    throw new StartFailure(`apt-get install ${packages.join(' ')} failed; install them by hand.`, {
      logTail: result.stderr.trim().split('\n').slice(-6),
    });
  }
}

/**
 * @param {readonly string[]} packages
 * @param {string} workDir
 * @param {((name: string) => boolean) | undefined} isNeeded
 * @returns {Promise<string | undefined>} the reason when it did not work
 */
async function download(packages, workDir, isNeeded) {
  const direct = await downloadWith([], packages, workDir, isNeeded);
  if (direct.code === 0) return undefined;
  // The package lists are missing or out of date. Only root may renew the machine's; anybody may keep some of their own.
  const ownLists = path.join(workDir, 'apt');
  const options = isRoot()
    ? []
    : [
        '-o',
        `Dir::State=${ownLists}/state`,
        '-o',
        `Dir::Cache=${ownLists}/cache`,
        '-o',
        'Dir::State::status=/var/lib/dpkg/status',
      ];
  if (!isRoot())
    for (const folder of ['state/lists/partial', 'cache/archives/partial'])
      mkdirSync(path.join(ownLists, folder), { recursive: true });
  await runToEnd('apt-get', [...options, 'update'], { cwd: workDir });
  const renewed = await downloadWith(options, packages, workDir, isNeeded);
  return renewed.code === 0
    ? undefined
    : lastLine(renewed.stderr) || `apt-get download ended with code ${renewed.code}`;
}

/**
 * @param {readonly string[]} options APT's own
 * @param {readonly string[]} packages
 * @param {string} workDir
 * @param {((name: string) => boolean) | undefined} isNeeded
 */
async function downloadWith(options, packages, workDir, isNeeded) {
  let all = packages;
  if (isNeeded) {
    const plan = ['install', '--simulate', '--no-install-recommends', ...packages];
    const planned = await runToEnd('apt-get', [...options, ...plan], { cwd: workDir });
    if (planned.code !== 0) return planned;
    const lacking = [...planned.stdout.matchAll(TO_INSTALL)].map(([, name = '']) => name).filter(isNeeded);
    all = [...new Set([...packages, ...lacking])];
  }
  return runToEnd('apt-get', [...options, 'download', ...all], { cwd: workDir });
}

/** @param {string} text */
function lastLine(text) {
  return text.trim().split('\n').at(-1) ?? '';
}
