import { lstatSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { linksBelow } from './agents-links.ts';
import { linksOnTheWay, type LinkOnTheWay } from './links-on-the-way.ts';
import { isInside, realpathOrNull } from './paths.ts';
import { hiddenSystemPlaces, SYSTEM_FOLDERS } from './system-files.ts';
import { entriesOf } from './tool-folders.ts';

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
  /** Wherever agents may ever have written: in there nobody's link is followed. */
  writtenByAgents: readonly string[];
  network: boolean;
}

/** A file or folder below the home that is shown as it is. */
export interface HomePath {
  path: string;
  /** `add`: what is there can not be changed; in a folder, the run may make more beside it, which is gone afterwards. */
  access: 'read' | 'write' | 'add';
}

type Mount = { at: string } & (
  | { kind: 'ro' | 'rw'; from: string }
  | { kind: 'empty' }
  | { kind: 'own' }
  | { kind: 'blank' }
  | { kind: 'link'; to: string }
);

/** Everywhere private: nothing of the machine's, and gone afterwards. */
const PRIVATE_FOLDERS = ['/tmp', '/var/tmp', '/run'];
/** Written by root even without any capability, and for the whole machine; bubblewrap covers only some of them itself. */
const GUARDED_PROC = [
  '/proc/sys',
  '/proc/sysrq-trigger',
  '/proc/irq',
  '/proc/bus',
  '/proc/fs',
  '/proc/acpi',
  '/proc/scsi',
];
/** To a folder with more in it nothing can be added: each is a mount. */
const MAX_ENTRIES = 200;
const BLANK_PROC = ['/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/timer_list', '/proc/sched_debug'];

/** bubblewrap's arguments up to the command. Whoever is deeper wins: a folder that is shown may hold a hidden one, and that a shown one. */
export function sandboxArgs(order: SandboxOrder): string[] {
  const mounts = collectMounts(order);
  const isRoot = process.getuid?.() === 0;
  const emptied = mounts
    .filter(({ kind, at }) => kind === 'empty' && !PRIVATE_FOLDERS.includes(at) && at !== homeOf(order))
    .map(({ at }) => at);
  return [
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--unshare-cgroup-try',
    ...(order.network ? [] : ['--unshare-net']),
    '--die-with-parent',
    '--new-session',
    // Root keeps its rights over all that root owns; of its powers, none.
    ...(isRoot ? ['--cap-drop', 'ALL'] : []),
    ...mounts.flatMap(argsOf),
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    ...(isRoot
      ? [
          ...existing(GUARDED_PROC).flatMap((path) => ['--ro-bind', path, path]),
          ...existing(BLANK_PROC).flatMap((path) => ['--ro-bind', '/dev/null', path]),
        ]
      : []),
    ...[...emptied, '/'].flatMap((path) => ['--remount-ro', path]),
    '--unsetenv',
    'TMPDIR',
    '--chdir',
    order.cwd,
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
  const links =
    home === null || order.home === null ? [] : linksOnTheWay(order.home).filter(({ at }) => !byPlace.has(at));
  if (home !== null) add({ at: home, kind: 'empty' });
  for (const link of links) add({ ...link, kind: 'link' });
  const isPlanted = linksBelow(order.writtenByAgents);
  const show = (path: string, kind: 'ro' | 'rw'): void => {
    if (!isPlanted(path)) addShown(path, kind, links, add);
  };
  for (const path of order.readable) show(path, 'ro');
  if (home !== null) showOfHome(home, order, { show, add, isNamed: (at) => byPlace.has(at) });
  for (const path of order.writable) show(path, 'rw');
  for (const path of [...hiddenSystemPlaces(), ...order.hidden]) addHidden(path, byPlace, add);
  // A link to what is around the home shows it no more than the folder itself does; who names the home itself wants it shown.
  if (home !== null && ![...byPlace.values()].some((mount) => isShown(mount) && mount.from === home))
    addHidden(home, byPlace, add);
  return [...byPlace.values()]
    .filter((mount) => mount.kind !== 'link' || !isShown(mountAt(dirname(mount.at), byPlace)))
    .sort((a, b) => depthOf(a.at) - depthOf(b.at));
}

function argsOf(mount: Mount): string[] {
  if (mount.kind === 'empty' || mount.kind === 'own') return ['--tmpfs', mount.at];
  if (mount.kind === 'blank') return ['--ro-bind', '/dev/null', mount.at];
  if (mount.kind === 'link') return ['--symlink', mount.to, mount.at];
  return [mount.kind === 'rw' ? '--bind' : '--ro-bind', mount.from, mount.at];
}

/** A folder at its place, or the link that is there: `/bin` is one on most systems. */
function addAsItIs(path: string, add: (mount: Mount) => void): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat?.isSymbolicLink()) add({ at: path, kind: 'link', to: readlinkSync(path) });
  else if (stat) add({ at: path, kind: 'ro', from: path });
}

/** The file that names the name servers is often a link into /run. */
function addNameService(add: (mount: Mount) => void): void {
  const file = realpathOrNull('/etc/resolv.conf');
  if (file !== null && PRIVATE_FOLDERS.some((folder) => isInside(folder, file)))
    add({ at: file, kind: 'ro', from: file });
}

/** What is named by way of a link to the home is put where that link leads to: a mount in its place would show what the home hides. */
function addShown(path: string, kind: 'ro' | 'rw', links: readonly LinkOnTheWay[], add: (mount: Mount) => void): void {
  const from = realpathOrNull(path);
  if (from === null) return;
  const follow = (place: string, { at }: LinkOnTheWay): string =>
    isInside(at, place) ? join(realpathOrNull(at) ?? at, relative(at, place)) : place;
  add({ at: links.reduce(follow, resolve(path)), kind, from });
}

interface HomeMounts {
  show: (path: string, kind: 'ro' | 'rw') => void;
  add: (mount: Mount) => void;
  isNamed: (at: string) => boolean;
}

/** From above, so that what is named in a folder replaces what the folder shows there. On a link in a folder that is shown nothing can be mounted. */
function showOfHome(home: string, { homePaths, hidden }: SandboxOrder, { show, add, isNamed }: HomeMounts): void {
  const isOnLink = linksBelow(homePaths.map(({ path }) => join(home, path)));
  const fromAbove = homePaths
    .map(({ path, access }) => ({ at: join(home, path), access }))
    .sort((a, b) => depthOf(a.at) - depthOf(b.at));
  for (const { at, access } of fromAbove) {
    if (isOnLink(at)) continue;
    show(at, access === 'write' ? 'rw' : 'ro');
    if (access !== 'add' || !isNamed(at)) continue;
    makeAddable(at, hidden, (mount) => {
      if (mount.at === at || !isNamed(mount.at)) add(mount);
    });
  }
}

/** Shows what is in a folder one by one, in an empty folder of the run's own. */
function makeAddable(folder: string, hidden: readonly string[], add: (mount: Mount) => void): void {
  const from = realpathOrNull(folder);
  if (from === null || !statSync(from).isDirectory()) return;
  const entries = entriesOf(from);
  if (entries.length > MAX_ENTRIES) return;
  const covered = hidden.map(realpathOrNull);
  add({ at: folder, kind: 'own' });
  for (const entry of entries) {
    const at = join(folder, entry.name);
    const source = join(from, entry.name);
    if (entry.isSymbolicLink()) add({ at, kind: 'link', to: readlinkSync(source) });
    else if (!covered.includes(source)) add({ at, kind: 'ro', from: source });
  }
}

/**
 * Only where it would be seen, by its own name and by any that a link gives to it or to what is around it: what nothing
 * shows needs no cover, and its name stays unknown.
 */
function addHidden(path: string, byPlace: ReadonlyMap<string, Mount>, add: (mount: Mount) => void): void {
  const real = realpathOrNull(path);
  if (real === null) return;
  const places = [...byPlace.values()].flatMap((mount) => {
    if (!isShown(mount) || mount.at === real || !isInside(mount.from, real)) return [];
    const place = join(mount.at, relative(mount.from, real));
    return mountAt(place, byPlace) === mount ? [place] : [];
  });
  for (const at of places) add({ at, kind: statSync(real).isDirectory() ? 'empty' : 'blank' });
}

function isShown(mount: Mount | undefined): mount is Mount & { kind: 'ro' | 'rw' } {
  return mount?.kind === 'ro' || mount?.kind === 'rw';
}

/** What a place is part of. */
function mountAt(place: string, byPlace: ReadonlyMap<string, Mount>): Mount | undefined {
  for (let at = place; ; at = dirname(at)) {
    const mount = byPlace.get(at);
    if (mount !== undefined || at === sep) return mount;
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
