import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';
import { makeDirectories, readText, writeFileAtomically } from './files.mjs';
import { StartFailure, messageOf } from './start-failure.mjs';
import { canReach, ensureSystemUser, findUser, isRoot } from './users.mjs';

const ROOT_HOMES = '/var/lib/overmind';
const HOME_LINK = 'service-home';

/**
 * Where the programs beside our own keep their files. For root these programs run as an unprivileged user, who
 * cannot enter a data directory under, say, /root: then they live in /var/lib/overmind, linked from the data directory.
 * @typedef {object} ServiceHome
 * @property {string} dataDir
 * @property {string} directory the data directory itself, wherever that works
 * @property {import('./users.mjs').SystemUser | undefined} serviceUser who runs PostgreSQL and Redis; undefined: we do ourselves
 */

/**
 * @param {string} dataDir an existing directory
 * @returns {ServiceHome}
 */
export function findServiceHome(dataDir) {
  if (!isRoot()) return { dataDir, directory: dataDir, serviceUser: undefined };
  const serviceUser = findUser('postgres') ?? ensureSystemUser('overmind-services');
  if (canReach(serviceUser, dataDir)) return { dataDir, directory: dataDir, serviceUser };
  const directory = homeOutside(dataDir);
  if (!canReach(serviceUser, directory)) {
    throw new StartFailure(
      `Neither OVERMIND_DATA_DIR=${dataDir} nor ${directory} can be entered by the system user ${serviceUser.name}; choose an OVERMIND_DATA_DIR that every user may enter.`,
    );
  }
  return { dataDir, directory, serviceUser };
}

/**
 * The folder under /var/lib/overmind that belongs to a data directory, linked from it: with the data directory removed,
 * the next one begins anew; moved, it keeps its own.
 * @param {string} dataDir
 * @returns {string}
 */
function homeOutside(dataDir) {
  const link = path.join(dataDir, HOME_LINK);
  const known = lstatSync(link, { throwIfNoEntry: false }) && readlinkSync(link);
  const directory = known || path.join(ROOT_HOMES, randomBytes(6).toString('hex'));
  makeDirectories(directory);
  chmodSync(ROOT_HOMES, 0o711);
  chmodSync(directory, 0o711);
  const ownerFile = path.join(directory, 'data-directory');
  const owner = readText(ownerFile);
  if (owner !== undefined && owner !== dataDir && existsSync(path.join(owner, HOME_LINK))) {
    throw new StartFailure(
      `OVERMIND_DATA_DIR=${dataDir} is a copy of ${owner}, and both would use ${directory}; start from an empty OVERMIND_DATA_DIR instead.`,
    );
  }
  writeFileAtomically(ownerFile, dataDir, 0o600);
  linkInto(link, directory);
  return directory;
}

/**
 * Makes a directory of the service home, owned by who uses it, and shows it in the data directory.
 * The owner is set only while it is new: later its content may be somebody else's work.
 * @param {ServiceHome} home
 * @param {string} name
 * @param {{ owner?: import('./users.mjs').SystemUser | undefined, mode?: number }} [options]
 * @returns {string} its path
 */
export function serviceDirectory(home, name, options = {}) {
  const directory = path.join(home.directory, name);
  if (!existsSync(directory)) {
    mkdirSync(directory, { mode: options.mode ?? 0o700 });
    chmodSync(directory, options.mode ?? 0o700);
    if (options.owner) chownSync(directory, options.owner.uid, options.owner.gid);
  }
  if (home.directory !== home.dataDir) linkInto(path.join(home.dataDir, name), directory);
  return directory;
}

/**
 * A program or folder at a place where a user can read it: where it is when that works, else a copy in the service home.
 * @param {ServiceHome} home
 * @param {import('./users.mjs').SystemUser | undefined} user undefined: ourselves, who need no copy
 * @param {string} source
 * @param {string} name a version belongs in it: a copy of that name is not renewed
 * @returns {string}
 */
export function reachableCopy(home, user, source, name) {
  if (!user || canReach(user, source, '-r')) return source;
  const tools = serviceDirectory(home, 'tools', { mode: 0o755 });
  const target = path.join(tools, name);
  if (!existsSync(target)) {
    const half = `${target}.${process.pid}.tmp`;
    rmSync(half, { recursive: true, force: true });
    if (lstatSync(source).isDirectory()) cpSync(source, half, { recursive: true, verbatimSymlinks: true });
    else copyFileSync(source, half);
    chmodSync(half, 0o755);
    renameSync(half, target);
  }
  if (!canReach(user, target, '-r'))
    throw new StartFailure(`${target} cannot be read by the system user ${user.name}.`);
  return target;
}

/**
 * @param {string} link
 * @param {string} target
 */
function linkInto(link, target) {
  const known = lstatSync(link, { throwIfNoEntry: false });
  if (known?.isSymbolicLink()) rmSync(link);
  else if (known)
    throw new StartFailure(`${link} is in the way: the files belong in ${target}; move it there or remove it.`);
  try {
    symlinkSync(target, link);
  } catch (error) {
    throw new StartFailure(`${link} cannot be made (${messageOf(error)}).`, { cause: error });
  }
}
