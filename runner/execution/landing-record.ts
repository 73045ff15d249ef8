import { renameSync } from 'node:fs';
import { z } from 'zod';
import { readJson, writeJson } from './write-json.ts';

/** What is about to move, written down before it does: a restarted runner finishes it, or clears up. */
const LandingRecord = z.strictObject({
  runId: z.string(),
  place: z.strictObject({ cwd: z.string(), gitDir: z.string() }),
  baseRef: z.string(),
  from: z.string(),
  to: z.string(),
  checkouts: z.array(z.strictObject({ folder: z.string(), gitDir: z.string() })),
  /** What is to be told of the checkouts, all of which were looked at: it is written before the first is let go. */
  note: z.string().default(''),
  /** The branch has moved: from then on the checkouts may be half way to where it was or is. */
  hasMoved: z.boolean().default(false),
});
export type LandingRecord = z.infer<typeof LandingRecord>;

/** @returns null when nothing was about to move. A record of another shape is an older runner's: it held no locks. */
export function readLandingRecord(file: string): LandingRecord | null {
  return LandingRecord.safeParse(readJson(file)).data ?? null;
}

/** Writes down what is about to move, and beside it the record of when it has: at that time the disk may be full. */
export function writeLandingRecord(file: string, record: LandingRecord): void {
  writeJson(movedFile(file), { ...record, hasMoved: true });
  writeJson(file, record);
}

/** @returns the record from now on */
export function keepMoved(file: string, record: LandingRecord): LandingRecord {
  keep(() => renameSync(movedFile(file), file));
  return { ...record, hasMoved: true };
}

/** Writes down what is to be told of a landing's checkouts: whoever is to tell it may not come to it. */
export function keepLandingNote(file: string, record: LandingRecord, note: string): void {
  if (note !== record.note) keep(() => writeJson(file, { ...record, note }));
}

/** A disk that does not take it is no reason to stop half way, nor not to tell it now. */
function keep(write: () => void): void {
  try {
    write();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}

function movedFile(file: string): string {
  return `${file}.moved`;
}
