import { homedir } from 'node:os';
import { dirname } from 'node:path';

/** Programs that delete, become another user, start any other program or stop the machine: an owner may list them, but is not advised to. */
const RISKY_PROGRAMS = new Set([
  'rm', 'rmdir', 'unlink', 'shred', 'dd', 'wipefs', 'fdisk', 'parted', 'mount', 'umount', 'chmod', 'chown', 'chgrp', 'sudo', 'su', 'doas', 'pkexec', 'run0',
  'sh', 'bash', 'dash', 'zsh', 'ksh', 'fish', 'csh', 'tcsh', 'busybox', 'env', 'xargs', 'nohup', 'setsid', 'nsenter', 'unshare', 'chroot', 'eval', 'exec', 'source',
  'kill', 'killall', 'pkill', 'shutdown', 'reboot', 'halt', 'poweroff', 'systemctl', 'init', 'crontab', 'at', 'docker', 'podman', 'ssh',
]);

/** Variables that make programs load code, or find other programs. */
const RISKY_ENV = /^(LD_.*|DYLD_.*|PATH|NODE_OPTIONS|BASH_ENV|ENV|PYTHONPATH|PYTHONSTARTUP|PERL5OPT|RUBYOPT|GIT_.*)$/;

/** Whether it makes sense to advise the owner of this machine to let agents use a program of this name. */
export function isProgramWorthAllowing(name: string): boolean {
  return /^[A-Za-z0-9][\w.+-]*$/.test(name) && !RISKY_PROGRAMS.has(name) && !name.startsWith('mkfs');
}

export function isEnvWorthHandingOut(name: string): boolean {
  return !RISKY_ENV.test(name);
}

/** Not the root of the disk, a folder right below it, or what holds the home: a root opens everything below. */
export function isRootWorthAllowing(path: string): boolean {
  const folder = path.replace(/\/+$/, '');
  const system = ['/etc', '/usr', '/bin', '/sbin', '/lib', '/lib64', '/boot', '/dev', '/proc', '/sys', '/run'];
  const holdsHome = `${homedir()}/`.startsWith(`${folder}/`);
  return folder !== '' && dirname(folder) !== '/' && !holdsHome && !system.some((other) => folder === other || folder.startsWith(`${other}/`));
}
