import type { ArtifactKind } from '#contract/enums.ts';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
  type Dirent,
} from 'node:fs';
import { join, relative } from 'node:path';
import { getSystemErrorMap } from 'node:util';
import picomatch from 'picomatch';
import type { ArtifactFile } from '../control-plane/control-plane.ts';
import { onDisk, printablePath, textOf, type BytePath } from './byte-paths.ts';
import { removeQuietly } from './disk.ts';
import { shortened } from './list-readable.ts';
import { isInside } from './paths.ts';
import { deniedBy } from './violations.ts';

const MAX_FILES = 50;
const MAX_VISITED = 100_000;
/** Notes are for people, and each is a line of the run's log. */
const MAX_NOTES = 100;

const KINDS: Readonly<Record<string, { kind: ArtifactKind; mediaType: string }>> = {
  xml: { kind: 'test_results', mediaType: 'application/xml' },
  json: { kind: 'test_results', mediaType: 'application/json' },
  tap: { kind: 'test_results', mediaType: 'text/plain' },
  trx: { kind: 'test_results', mediaType: 'application/xml' },
  png: { kind: 'screenshot', mediaType: 'image/png' },
  jpg: { kind: 'screenshot', mediaType: 'image/jpeg' },
  jpeg: { kind: 'screenshot', mediaType: 'image/jpeg' },
  webp: { kind: 'screenshot', mediaType: 'image/webp' },
  md: { kind: 'report', mediaType: 'text/markdown' },
  html: { kind: 'report', mediaType: 'text/html' },
  txt: { kind: 'report', mediaType: 'text/plain' },
  patch: { kind: 'patch', mediaType: 'text/x-diff' },
};

export interface ArtifactOrder {
  /** Where the run worked. */
  from: string;
  globs: readonly string[];
  deniedGlobs: readonly string[];
  maxBytes: number;
  /** A folder of the run, for the copies: the next attempt may change the folder before they are sent. */
  into: string;
}

/**
 * Copies the files that the agent's config asks for: ordinary files only, not denied, not too large, no hard links
 * and nothing that leads out of the work folder. Trouble with one file or folder is a note, and the others go on.
 * @returns what was copied, and a note for each file that was asked for but left
 */
export function collectArtifacts(order: ArtifactOrder): { artifacts: ArtifactFile[]; notes: string[] } {
  const artifacts: ArtifactFile[] = [];
  const notes: string[] = [];
  if (order.globs.length === 0) return { artifacts, notes };
  const isWanted = picomatch([...order.globs], { dot: true, flags: 's' });
  for (const path of walk(order.from, notes)) {
    const name = textOf(path);
    if (!isWanted(name)) continue;
    if (artifacts.length >= MAX_FILES) {
      notes.push(`More than ${MAX_FILES} files match the artifact globs: the rest is left`);
      break;
    }
    const target = join(order.into, String(artifacts.length));
    const why = copySafely(order.from, path, target, order);
    if (why === null)
      artifacts.push({
        ...(KINDS[name.split('.').at(-1)?.toLowerCase() ?? ''] ?? {
          kind: 'report',
          mediaType: 'application/octet-stream',
        }),
        name,
        file: target,
      });
    else notes.push(`The artifact ${shortened(printablePath(path))} is left: ${why}`);
  }
  return {
    artifacts,
    notes:
      notes.length <= MAX_NOTES
        ? notes
        : [...notes.slice(0, MAX_NOTES), `… and ${notes.length - MAX_NOTES} more of the kind`],
  };
}

function copySafely(from: string, path: BytePath, target: string, order: ArtifactOrder): string | null {
  try {
    const root = realPath(Buffer.from(from));
    const real = realPath(onDisk(from, path));
    if (!isInside(root, real)) return 'it leads out of the repository';
    const isDenied = deniedBy(order.deniedGlobs);
    // A link's own name is not the file's.
    if (isDenied(textOf(path)) || isDenied(textOf(relative(root, real)))) return 'it is on the deny list';
    return copyFile(Buffer.from(real, 'latin1'), target, order);
  } catch (error) {
    return systemWords(error);
  }
}

function copyFile(source: Buffer, target: string, { into, maxBytes }: ArtifactOrder): string | null {
  // A pipe or a device that is only opened can already wait, or do something.
  if (!lstatSync(source).isFile()) return 'it is not an ordinary file';
  const file = openSync(source, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return 'it is not an ordinary file';
    if (stat.nlink > 1) return 'it has a second name (hard link)';
    if (stat.size > maxBytes) return 'it is too large';
    mkdirSync(into, { recursive: true, mode: 0o700 });
    writeFileSync(target, readFileSync(file), { mode: 0o600 });
    return null;
  } catch (error) {
    removeQuietly(target);
    throw error;
  } finally {
    closeSync(file);
  }
}

function* walk(root: string, notes: string[]): Generator<BytePath> {
  const waiting: BytePath[] = [''];
  let visited = 0;
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const entry of entriesOf(root, folder, notes)) {
      visited += 1;
      if (visited > MAX_VISITED) return;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && entry.name !== '.git') waiting.push(path);
      else if (entry.isFile() || entry.isSymbolicLink()) yield path;
    }
  }
}

function entriesOf(root: string, folder: BytePath, notes: string[]): Dirent[] {
  try {
    return readdirSync(onDisk(root, folder), { withFileTypes: true, encoding: 'latin1' }).sort((a, b) =>
      textOf(a.name).localeCompare(textOf(b.name)),
    );
  } catch (error) {
    notes.push(`Artifacts: the folder ${shortened(printablePath(folder))} can not be searched (${systemWords(error)})`);
    return [];
  }
}

/** All links followed. @throws the file system's error */
const realPath = (path: Buffer): BytePath => realpathSync.native(path, { encoding: 'latin1' });

/** What the file system says, without the path: that can be longer than a line. @throws what is no error of the system */
function systemWords(error: unknown): string {
  const { errno, code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return getSystemErrorMap().get(errno ?? 0)?.[1] ?? code;
}
