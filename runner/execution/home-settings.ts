import {
  accessSync,
  constants,
  lstatSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  type Stats,
} from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { z } from 'zod';
import { writeMark } from '../logs/marks.ts';
import { linksBelow } from './agents-links.ts';
import { openAbove, openFolder } from './open-up.ts';
import { realpathOrNull } from './paths.ts';
import type { HomePath } from './sandbox-mounts.ts';
import { readJson, writeJson } from './write-json.ts';

/** In the folder of a run, from before its programs begin until what they left in the home is put right. */
const NOTE_FILE = 'home-settings.json';
/** No program looks for its settings under such a name. */
const ASIDE = '.from-agent';

/**
 * A setting of a person's own program, in a folder that an agent may write, on which nothing can be mounted: it is not
 * there, or is a link.
 */
const OpenSetting = z.object({
  /** The folder the agent may write, resolved. */
  folder: z.string(),
  /** Below that folder. */
  path: z.string(),
  /** As people know it, below the home. */
  shown: z.string(),
  /** What the link says; null: there is nothing of this name. */
  link: z.string().nullable(),
});
type OpenSetting = z.infer<typeof OpenSetting>;

interface Home {
  home: string | null;
  homePaths: readonly HomePath[];
  writtenByAgents: readonly string[];
}

/**
 * Writes down, before a run begins, which settings it could make or replace. What another run that goes on has noted is
 * taken over: what stands there now may be that one's doing.
 */
export function noteSettings(runFolder: string, order: Home): void {
  const others = readdirSync(dirname(runFolder)).flatMap((name) => readNote(join(dirname(runFolder), name)));
  const isTheirs = new Map(others.map((setting) => [join(setting.folder, setting.path), setting]));
  const settings = keptIn(order).flatMap((setting) => {
    const { at, stat } = walk(setting.folder, setting.path);
    const theirs = isTheirs.get(join(setting.folder, setting.path)) ?? isTheirs.get(join(setting.folder, at));
    if (theirs) return [theirs];
    if (stat?.isSymbolicLink()) return [{ ...setting, path: at, link: readlinkSync(join(setting.folder, at)) }];
    return stat ? [] : [setting];
  });
  if (settings.length > 0) writeJson(join(runFolder, NOTE_FILE), settings);
}

/**
 * Puts right what a run whose processes have all ended has made of the settings in the home: what is new is put aside
 * under another name, a link that was replaced is made anew. Says so in the run's log. May be called again.
 */
export function putSettingsRight(runFolder: string): void {
  for (const setting of readNote(runFolder)) {
    try {
      putRight(setting, (text) => writeMark(runFolder, text));
    } catch (error) {
      const why = (error as Error).message;
      writeMark(
        runFolder,
        `~/${setting.shown}, which decides what your own program runs, could not be put right: ${why}`,
      );
    }
  }
  rmSync(join(runFolder, NOTE_FILE), { force: true });
}

function readNote(runFolder: string): OpenSetting[] {
  return z.array(OpenSetting).parse(readJson(join(runFolder, NOTE_FILE)) ?? []);
}

/** All settings in folders that are shown writable; where we may not look, nobody of ours makes any. */
function keptIn({ home, homePaths, writtenByAgents }: Home): OpenSetting[] {
  if (home === null) return [];
  const isPlanted = linksBelow(writtenByAgents);
  const writable = homePaths.flatMap(({ path, access }) => {
    const folder = access === 'write' && !isPlanted(join(home, path)) ? realpathOrNull(join(home, path)) : null;
    return folder === null || !maySearch(folder) ? [] : [{ path, folder }];
  });
  return homePaths
    .filter(({ access }) => access === 'read')
    .flatMap(({ path: shown }) =>
      writable
        .filter(({ path }) => shown.startsWith(`${path}/`))
        .map(({ path, folder }) => ({ folder, path: shown.slice(path.length + 1), shown, link: null })),
    );
}

function putRight({ folder, path, shown, link }: OpenSetting, tell: (text: string) => void): void {
  openOnTheWay(folder, path);
  const { at, stat } = walk(folder, path);
  const there = join(folder, at);
  if (link === null ? stat === null : stat?.isSymbolicLink() && at === path && readlinkSync(there) === link) return;
  const aside = stat === null ? null : putAside(there, stat.isDirectory());
  if (link !== null && lstatSync(dirname(join(folder, path)), { throwIfNoEntry: false })?.isDirectory()) {
    symlinkSync(link, join(folder, path));
    tell(`Put back ~/${shown}, a link to ${link}, which this run had taken away`);
  }
  if (aside !== null)
    tell(
      `Put aside what this run left as ~/${shown}, where it would decide what your own program runs: it is ${aside} now`,
    );
}

/** @returns its new path; null: it was an empty folder, and is gone */
function putAside(path: string, isDirectory: boolean): string | null {
  if (isDirectory) openFolder(path);
  if (isDirectory && readdirSync(path).length === 0) {
    rmdirSync(path);
    return null;
  }
  for (let number = 1; ; number += 1) {
    const aside = `${path}${ASIDE}${number === 1 ? '' : `-${number}`}`;
    if (lstatSync(aside, { throwIfNoEntry: false })) continue;
    renameSync(path, aside);
    return aside;
  }
}

/**
 * Goes down to a path: to what it names, or the first on the way that is not there or no folder.
 * @param folder resolved; agents can not replace it
 */
function walk(folder: string, path: string): { at: string; stat: Stats | null } {
  const parts = path.split(sep);
  for (let count = 1; ; count += 1) {
    const at = parts.slice(0, count).join(sep);
    const stat = lstatSync(join(folder, at), { throwIfNoEntry: false }) ?? null;
    if (count === parts.length || !stat?.isDirectory()) return { at, stat };
  }
}

function maySearch(folder: string): boolean {
  try {
    accessSync(folder, constants.X_OK);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return false;
    throw error;
  }
}

/** An agent may have closed its folders, so that nobody looks into them before their owner opens them again. */
function openOnTheWay(folder: string, path: string): void {
  openFolder(folder);
  openAbove(folder, path);
}
