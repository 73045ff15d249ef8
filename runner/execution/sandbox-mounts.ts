import { lstatSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { isInside, realpathOrNull } from './paths.ts';
import { hiddenSystemFiles, SYSTEM_FOLDERS } from './system-files.ts';

/** What one run sees of this machine. All paths are absolute; those that do not exist are left out. */
export interface SandboxOrder {
  /** Resolved already, and checked. */
  writable: readonly string[];
  readable: readonly string[];
  /** Hidden although something around them is shown. */
  hidden: readonly string[];
  cwd: string;
  /** Empty but for `homePaths`, and gone afterwards; null: the run has no home. */
  home: string | null;
  homePaths: readonly HomePath[];
  network: boolean;
}

/** A file or folder below the home that is shown as it is. */
export interface HomePath {
  path: string;
  isWritable: boolean;
}

type Mount = { at: string } & ({ kind: 'ro' | 'rw'; from: string } | { kind: 'empty' } | { kind: 'blank' } | { kind: 'link'; to: string });

/** Everywhere private: nothing of the machine's, and gone afterwards. */
const PRIVATE_FOLDERS = ['/tmp', '/var/tmp', '/run'];
/** Written by root even without any capability, and for the whole machine; bubblewrap covers only some of them itself. */
const GUARDED_PROC = ['/proc/sys', '/proc/sysrq-trigger', '/proc/irq', '/proc/bus', '/proc/fs', '/proc/acpi', '/proc/scsi'];
const BLANK_PROC = ['/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/timer_list', '/proc/sched_debug'];

/** bubblewrap's arguments up to the command. Whoever is deeper wins: a folder that is shown may hold a hidden one, and that a shown one. */
export function sandboxArgs(order: SandboxOrder): string[] {
  const mounts = collectMounts(order);
  const isRoot = process.getuid?.() === 0;
  const emptied = mounts.filter(({ kind, at }) => kind === 'empty' && !PRIVATE_FOLDERS.includes(at) && at !== homeOf(order)).map(({ at }) => at);
  return [
    '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try', ...(order.network ? [] : ['--unshare-net']), '--die-with-parent', '--new-session',
    // Root keeps its rights over all that root owns; of its powers, none.
    ...(isRoot ? ['--cap-drop', 'ALL'] : []),
    ...mounts.flatMap(argsOf),
    '--proc', '/proc', '--dev', '/dev',
    ...(isRoot ? [...existing(GUARDED_PROC).flatMap((path) => ['--ro-bind', path, path]), ...existing(BLANK_PROC).flatMap((path) => ['--ro-bind', '/dev/null', path])] : []),
    ...[...emptied, '/'].flatMap((path) => ['--remount-ro', path]),
    '--unsetenv', 'TMPDIR', '--chdir', order.cwd,
  ];
}

function collectMounts(order: SandboxOrder): Mount[] {
  const byPlace = new Map<string, Mount>();
  const add = (mount: Mount): void => void byPlace.set(mount.at, mount);
  for (const path of SYSTEM_FOLDERS) addAsItIs(path, add);
  for (const at of PRIVATE_FOLDERS) add({ at, kind: 'empty' });
  add({ at: '/var/run', kind: 'link', to: '../run' });
  addNameService(add);
  const home = homeOf(order);
  if (home !== null) {
    add({ at: home, kind: 'empty' });
    if (order.home !== null && order.home !== home) add({ at: order.home, kind: 'link', to: home });
  }
  for (const path of order.readable) addShown(path, 'ro', add);
  if (home !== null) for (const { path, isWritable } of order.homePaths) addShown(join(home, path), isWritable ? 'rw' : 'ro', add);
  for (const path of order.writable) addShown(path, 'rw', add);
  for (const path of order.hidden) addHidden(path, byPlace, add);
  return [...byPlace.values()].sort((a, b) => depthOf(a.at) - depthOf(b.at));
}

function argsOf(mount: Mount): string[] {
  if (mount.kind === 'empty') return ['--tmpfs', mount.at];
  if (mount.kind === 'blank') return ['--ro-bind', '/dev/null', mount.at];
  if (mount.kind === 'link') return ['--symlink', mount.to, mount.at];
  return [mount.kind === 'rw' ? '--bind' : '--ro-bind', mount.from, mount.at];
}

/** A folder at its place, or the link that is there: `/bin` is one on most systems. */
function addAsItIs(path: string, add: (mount: Mount) => void): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.isSymbolicLink()) add({ at: path, kind: 'link', to: readlinkSync(path) });
  else if (stat) add({ at: path, kind: 'ro', from: path });
  if (stat && path === '/etc') for (const file of hiddenSystemFiles()) add({ at: file, kind: 'blank' });
}

/** The file that names the name servers is often a link into /run. */
function addNameService(add: (mount: Mount) => void): void {
  const file = realpathOrNull('/etc/resolv.conf');
  if (file !== null && PRIVATE_FOLDERS.some((folder) => isInside(folder, file))) add({ at: file, kind: 'ro', from: file });
}

function addShown(path: string, kind: 'ro' | 'rw', add: (mount: Mount) => void): void {
  const from = realpathOrNull(path);
  if (from !== null) add({ at: path, kind, from });
}

/** Only where it would be seen: what nothing shows needs no cover, and its name stays unknown. */
function addHidden(path: string, byPlace: ReadonlyMap<string, Mount>, add: (mount: Mount) => void): void {
  const real = realpathOrNull(path);
  if (real === null || ['ro', 'rw'].includes(byPlace.get(real)?.kind ?? '')) return;
  for (let folder = dirname(real); ; folder = dirname(folder)) {
    const around = byPlace.get(folder);
    if (around?.kind === 'ro' || around?.kind === 'rw') {
      add(statSync(real).isDirectory() ? { at: real, kind: 'empty' } : { at: real, kind: 'blank' });
      return;
    }
    if (around?.kind === 'empty' || folder === '/') return;
  }
}

function homeOf({ home }: SandboxOrder): string | null {
  const real = home === null ? null : realpathOrNull(home);
  return real === '/' ? null : real;
}

function existing(paths: readonly string[]): string[] {
  return paths.filter((path) => lstatSync(path, { throwIfNoEntry: false }));
}

function depthOf(path: string): number {
  return path.split(sep).filter(Boolean).length;
}
