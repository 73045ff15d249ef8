import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';
import { writeFileAtomically } from './files.mjs';
import { reachableCopy, serviceDirectory } from './service-home.mjs';
import { ensureSystemUser, isRoot } from './users.mjs';

const RUNNER_USER = 'overmind-runner';
const RUNNER_BUNDLES = ['runner.mjs', 'keeper.mjs', 'demo-agent.mjs'];

/**
 * Where the runner lives and as whom it runs. It executes what agents write: for root that is a system user of its own.
 * @typedef {object} RunnerAccount
 * @property {string} runnerDir its token, policy, worktrees and spools
 * @property {string | undefined} tokenFile its token, when it may not read that itself: it is handed over open
 * @property {string} demoDir the demo repository
 * @property {string} binDir its programs
 * @property {string} execPath Node.js
 * @property {import('./users.mjs').SystemUser | undefined} user undefined: ourselves
 */

/**
 * @param {import('./service-home.mjs').ServiceHome} home
 * @param {string} buildDir
 * @returns {RunnerAccount}
 */
export function prepareRunnerAccount(home, buildDir) {
  const user = isRoot() ? ensureSystemUser(RUNNER_USER) : undefined;
  const runnerDir = serviceDirectory(home, 'runner', { owner: user });
  if (user) keepFromAgents(runnerDir, user);
  const demoDir = serviceDirectory(home, 'demo', { mode: 0o755 });
  // Root's, as the set-up makes a repository in there: only that is the runner's.
  if (user) chownSync(demoDir, 0, 0);
  if (!user) return { runnerDir, tokenFile: undefined, demoDir, binDir: buildDir, execPath: process.execPath, user };

  // Not in runnerDir: what an agent may write, the next start must not execute or trust.
  const binDir = path.join(serviceDirectory(home, 'tools', { mode: 0o755 }), 'runner');
  mkdirSync(binDir, { recursive: true, mode: 0o755 });
  for (const name of RUNNER_BUNDLES) {
    const source = path.join(buildDir, name);
    if (!existsSync(source)) continue;
    const half = path.join(binDir, `${name}.${process.pid}.tmp`);
    copyFileSync(source, half);
    renameSync(half, path.join(binDir, name));
  }
  const execPath = reachableCopy(home, user, process.execPath, `node-${process.version}`);
  return { runnerDir, tokenFile: path.join(runnerDir, 'runner.json'), demoDir, binDir, execPath, user };
}

/**
 * What agents run as the runner's user, also where no sandbox works. So its folder is root's: the runner makes its own
 * files in there, and (the sticky bit) nobody but root can remove or replace the token and the policy.
 * @param {string} runnerDir
 * @param {import('./users.mjs').SystemUser} user
 */
function keepFromAgents(runnerDir, user) {
  // Before the folder was root's, the runner of an earlier version wrote them; since then only an agent can have.
  const wasKept = lstatSync(runnerDir).uid === 0;
  chownSync(runnerDir, 0, user.gid);
  chmodSync(runnerDir, 0o1770);
  for (const name of ['runner.json', 'policy.json']) {
    const file = path.join(runnerDir, name);
    const stat = lstatSync(file, { throwIfNoEntry: false });
    // Neither is ever a link, or one file under two names, unless an agent of an earlier version made it so.
    if (!stat) continue;
    if (!stat.isFile() || stat.nlink > 1 || (wasKept && stat.uid !== 0)) rmSync(file, { recursive: true });
    // A new one: who holds the old one open could go on writing it.
    else if (stat.uid !== 0) writeFileAtomically(file, readWithoutLinks(file), 0o600);
    else take(file, 0, 0o600);
  }
}

/**
 * @param {string} file
 * @returns {string}
 */
function readWithoutLinks(file) {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

/**
 * @param {string} file
 * @param {number} gid
 * @param {number} mode
 */
function take(file, gid, mode) {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!fstatSync(fd).isFile()) return;
    fchownSync(fd, 0, gid);
    fchmodSync(fd, mode);
  } finally {
    closeSync(fd);
  }
}

/**
 * Gives the runner what the set-up has just written for it as root: the policy to read, the demo repository as its own. Only files of root's own are changed, no link is
 * followed, and no file with a second name is touched: an agent may have put either there.
 * @param {RunnerAccount} account
 */
export function handOverToRunner({ user, runnerDir, demoDir }) {
  if (!user) return;
  // To be read, not to be changed; the token is handed over open, and not to be read either.
  take(path.join(runnerDir, 'policy.json'), user.gid, 0o640);
  for (const name of readdirSync(demoDir)) {
    const top = path.join(demoDir, name);
    // A tree that is the runner's already has been in agents' hands.
    if (lstatSync(top).uid === 0) giveTree(top, user);
  }
}

/**
 * @param {string} file
 * @param {import('./users.mjs').SystemUser} user
 */
function giveTree(file, user) {
  const stat = lstatSync(file);
  if (stat.isDirectory()) {
    for (const name of readdirSync(file)) giveTree(path.join(file, name), user);
    chownSync(file, user.uid, user.gid);
  } else {
    giveFile(file, user);
  }
}

/**
 * @param {string} file
 * @param {import('./users.mjs').SystemUser} user
 */
function giveFile(file, user) {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (stat && stat.uid === 0 && (stat.nlink === 1 || stat.isSymbolicLink())) lchownSync(file, user.uid, user.gid);
}
