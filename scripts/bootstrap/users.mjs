import { spawnSync } from 'node:child_process';
import { StartFailure } from './start-failure.mjs';

/** @typedef {{ name: string, uid: number, gid: number }} SystemUser */

/** Whether this process has every right on the machine. */
export function isRoot() {
  return process.getuid?.() === 0;
}

/**
 * @param {string} name
 * @returns {SystemUser | undefined}
 */
export function findUser(name) {
  const uid = spawnSync('id', ['-u', name], { encoding: 'utf8' });
  const gid = spawnSync('id', ['-g', name], { encoding: 'utf8' });
  if (uid.status !== 0 || gid.status !== 0) return undefined;
  return { name, uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/**
 * Finds a system user, or makes one without a home, a password or a shell. Needs root.
 * @param {string} name
 * @returns {SystemUser}
 */
export function ensureSystemUser(name) {
  const known = findUser(name);
  if (known) return known;
  const attempts = [
    [
      'useradd',
      '--system',
      '--user-group',
      '--no-create-home',
      '--home-dir',
      '/nonexistent',
      '--shell',
      '/usr/sbin/nologin',
      name,
    ],
    ['adduser', '-S', '-D', '-H', '-s', '/sbin/nologin', name], // Alpine has no useradd
  ];
  for (const [command = '', ...args] of attempts) {
    spawnSync(command, args, { stdio: 'ignore' });
    const made = findUser(name);
    if (made) return made;
  }
  throw new StartFailure(
    `The system user ${name} could not be made (useradd failed); start as an unprivileged user instead of root.`,
  );
}

/**
 * Whether a user can get at a path, asked of the system as that user, so that every parent directory and ACL counts.
 * @param {SystemUser} user
 * @param {string} file
 * @param {'-x' | '-r'} [right]
 */
export function canReach(user, file, right = '-x') {
  return spawnSync('test', [right, file], { uid: user.uid, gid: user.gid, cwd: '/', stdio: 'ignore' }).status === 0;
}
