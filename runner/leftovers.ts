import { lstatSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { removeFolder } from './execution/remove-folder.ts';
import { readJson, writeJson } from './execution/write-json.ts';
import type { Logger } from './logger.ts';

/** How long evidence is kept, and how many folders of it at most: after that nobody has asked for it. */
const MAX_KEPT_DAYS = 14;
const MAX_KEPT_FOLDERS = 50;
const DAY_MS = 86_400_000;

const Leftover = z.object({
  /** A folder of ours that nothing uses any more, and that could not be removed. */
  path: z.string(),
  why: z.string(),
  sinceAt: z.string(),
  /** It is to be kept as evidence under this name, and could not be moved; null: it is to go. */
  keepAs: z.string().nullable(),
});
export type Leftover = z.infer<typeof Leftover>;

/**
 * What runs leave in the runner's folder and what becomes of it. A folder that can not be removed now (files of
 * root, a mount, a program that still writes there) is written down in leftovers.json and tried again later; it is in
 * no run's way. What was not told to the control plane is moved to `kept/` with a note why.
 */
export class Leftovers {
  private readonly file: string;
  private readonly keptFolder: string;
  private readonly known = new Map<string, Leftover>();

  constructor(
    folder: string,
    private readonly logger: Logger,
  ) {
    this.file = join(folder, 'leftovers.json');
    this.keptFolder = join(folder, 'kept');
    try {
      for (const leftover of z.array(Leftover).parse(readJson(this.file) ?? []))
        this.known.set(leftover.path, leftover);
    } catch (error) {
      // Nothing is lost: what is left over is found again by trying.
      logger.warn(
        { err: error, file: this.file },
        'the list of what could not be removed is not readable; it begins anew',
      );
    }
  }

  get list(): readonly Leftover[] {
    return [...this.known.values()];
  }

  /** Whether a folder is only waiting to be removed. */
  has(path: string): boolean {
    return this.known.has(path);
  }

  /** Removes a folder now, or later. Never throws. */
  remove(path: string): void {
    try {
      removeFolder(path);
      if (this.known.delete(path)) this.save();
    } catch (error) {
      this.note(path, error, null);
    }
  }

  /** Moves a run's folder out of the way and keeps it, with a note why. Never throws. */
  keep(path: string, kind: 'broken' | 'unsent' | 'refused', why: string): void {
    const name = `${kind}-${basename(path)}`;
    try {
      this.move(path, name);
      writeJson(join(this.keptFolder, name, 'why.json'), { why, keptAt: new Date().toISOString() });
      this.logger.warn({ folder: join(this.keptFolder, name), why }, 'the folder of a run is kept as evidence');
    } catch (error) {
      // Moved, but without its note: this line is the note.
      if (lstatSync(path, { throwIfNoEntry: false })) this.note(path, error, name);
      else
        this.logger.warn(
          { err: error, folder: join(this.keptFolder, name), why },
          'the folder of a run is kept as evidence, without a note in it',
        );
    }
  }

  /** Tries again, and lets old evidence go. Never throws. */
  sweep(): void {
    for (const { path, keepAs } of this.list) {
      if (keepAs === null) this.remove(path);
      else this.moveAgain(path, keepAs);
    }
    this.expire();
  }

  private moveAgain(path: string, name: string): void {
    try {
      if (lstatSync(path, { throwIfNoEntry: false })) this.move(path, name);
      this.known.delete(path);
      this.save();
    } catch (error) {
      this.note(path, error, name);
    }
  }

  private move(path: string, name: string): void {
    mkdirSync(this.keptFolder, { recursive: true, mode: 0o700 });
    const target = join(this.keptFolder, name);
    removeFolder(target);
    renameSync(path, target);
  }

  private expire(): void {
    try {
      const folders = (lstatSync(this.keptFolder, { throwIfNoEntry: false }) ? readdirSync(this.keptFolder) : []).map(
        (name) => join(this.keptFolder, name),
      );
      const aged = folders
        .map((path) => ({ path, keptMs: lstatSync(path).mtimeMs }))
        .sort((a, b) => b.keptMs - a.keptMs);
      const old = aged.filter(
        ({ keptMs }, index) => index >= MAX_KEPT_FOLDERS || Date.now() - keptMs > MAX_KEPT_DAYS * DAY_MS,
      );
      for (const { path } of old) this.remove(path);
    } catch (error) {
      this.logger.warn({ err: error }, 'old evidence could not be looked at');
    }
  }

  private note(path: string, error: unknown, keepAs: string | null): void {
    const why = error instanceof Error ? error.message : String(error);
    const earlier = this.known.get(path);
    this.known.set(path, { path, why, keepAs, sinceAt: earlier?.sinceAt ?? new Date().toISOString() });
    if (earlier?.why === why && earlier.keepAs === keepAs) return;
    this.logger.warn(
      { err: error, path },
      keepAs === null
        ? 'a folder could not be removed; it is tried again later'
        : 'a folder could not be moved; it is tried again later',
    );
    this.save();
  }

  private save(): void {
    try {
      writeJson(this.file, this.list);
    } catch (error) {
      this.logger.warn({ err: error }, 'the list of what could not be removed is not on disk');
    }
  }
}
