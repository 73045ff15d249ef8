import type { ArtifactKind } from '#contract/enums.ts';
import { closeSync, constants, fstatSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import picomatch from 'picomatch';
import type { ArtifactFile } from '../control-plane/control-plane.ts';
import { isInside, realpathOrNull } from './paths.ts';
import { deniedBy } from './violations.ts';

const MAX_FILES = 50;
const MAX_VISITED = 100_000;

const KINDS: Readonly<Record<string, { kind: ArtifactKind; mediaType: string }>> = {
  xml: { kind: 'test_results', mediaType: 'application/xml' }, json: { kind: 'test_results', mediaType: 'application/json' }, tap: { kind: 'test_results', mediaType: 'text/plain' },
  trx: { kind: 'test_results', mediaType: 'application/xml' }, png: { kind: 'screenshot', mediaType: 'image/png' }, jpg: { kind: 'screenshot', mediaType: 'image/jpeg' },
  jpeg: { kind: 'screenshot', mediaType: 'image/jpeg' }, webp: { kind: 'screenshot', mediaType: 'image/webp' }, md: { kind: 'report', mediaType: 'text/markdown' },
  html: { kind: 'report', mediaType: 'text/html' }, txt: { kind: 'report', mediaType: 'text/plain' }, patch: { kind: 'patch', mediaType: 'text/x-diff' },
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
 * and nothing that leads out of the work folder.
 * @returns what was copied, and a note for each file that was asked for but left
 */
export function collectArtifacts(order: ArtifactOrder): { artifacts: ArtifactFile[]; notes: string[] } {
  const artifacts: ArtifactFile[] = [];
  const notes: string[] = [];
  if (order.globs.length === 0) return { artifacts, notes };
  const isWanted = picomatch([...order.globs], { dot: true, flags: 's' });
  for (const path of walk(order.from)) {
    if (!isWanted(path)) continue;
    if (artifacts.length >= MAX_FILES) {
      notes.push(`More than ${MAX_FILES} files match the artifact globs: the rest is left`);
      break;
    }
    const target = join(order.into, String(artifacts.length));
    const why = copySafely(order.from, path, target, order);
    if (why === null) artifacts.push({ ...(KINDS[path.split('.').at(-1)?.toLowerCase() ?? ''] ?? { kind: 'report', mediaType: 'application/octet-stream' }), name: path, file: target });
    else notes.push(`The artifact ${path} is left: ${why}`);
  }
  return { artifacts, notes };
}

function copySafely(from: string, path: string, target: string, { into, maxBytes, deniedGlobs }: ArtifactOrder): string | null {
  const root = realpathOrNull(from) ?? from;
  const real = realpathOrNull(join(from, path));
  if (real === null || !isInside(root, real)) return 'it leads out of the repository';
  const isDenied = deniedBy(deniedGlobs);
  // A link's own name is not the file's.
  if (isDenied(path) || isDenied(relative(root, real))) return 'it is on the deny list';
  const file = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return 'it is not an ordinary file';
    if (stat.nlink > 1) return 'it has a second name (hard link)';
    if (stat.size > maxBytes) return 'it is too large';
    mkdirSync(into, { recursive: true, mode: 0o700 });
    writeFileSync(target, readFileSync(file), { mode: 0o600 });
    return null;
  } finally {
    closeSync(file);
  }
}

function* walk(root: string): Generator<string> {
  const waiting = [''];
  let visited = 0;
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true }).sort((a, b) => a.name.localeCompare(b.name))) {
      visited += 1;
      if (visited > MAX_VISITED) return;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && entry.name !== '.git') waiting.push(path);
      else if (entry.isFile() || entry.isSymbolicLink()) yield path;
    }
  }
}
