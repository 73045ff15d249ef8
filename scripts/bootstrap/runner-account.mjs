import { chownSync, copyFileSync, existsSync, lchownSync, lstatSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { reachableCopy, serviceDirectory } from './service-home.mjs';
import { ensureSystemUser, isRoot } from './users.mjs';

const RUNNER_USER = 'overmind-runner';
const RUNNER_BUNDLES = ['runner.mjs', 'keeper.mjs', 'demo-agent.mjs'];

/**
 * Where the runner lives and as whom it runs. It executes what agents write: for root that is a system user of its own.
 * @typedef {object} RunnerAccount
 * @property {string} runnerDir its token, policy, worktrees and spools
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
  const demoDir = serviceDirectory(home, 'demo', { owner: user, mode: 0o755 });
  if (!user) return { runnerDir, demoDir, binDir: buildDir, execPath: process.execPath, user };

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
  return { runnerDir, demoDir, binDir, execPath, user };
}

/**
 * Gives the runner what the set-up has just written for it as root. Only files of root's own are changed, no link is
 * followed, and no file with a second name is touched: an agent may have put either there.
 * @param {RunnerAccount} account
 */
export function handOverToRunner({ user, runnerDir, demoDir }) {
  if (!user) return;
  for (const name of ['runner.json', 'policy.json']) giveFile(path.join(runnerDir, name), user);
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
