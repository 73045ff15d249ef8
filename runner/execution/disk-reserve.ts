import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../logger.ts';
import { diskFaultOf, isDiskFull } from './disk.ts';

/** Several files: a disk can be out of names as well as out of bytes. */
const FILES = 8;
const FILE_BYTES = 128 * 1024;
/** Kept again only when there is this much besides it. */
const COMFORTABLE_BYTES = 8 * FILES * FILE_BYTES;

/**
 * Room on the runner's disk that is kept for a run's end: 1 MiB, given up when the disk is full and the programs that
 * filled it have gone, so that the last lines, the journal and the result can still be written.
 */
export class DiskReserve {
  private readonly path: string;
  private isKept = false;

  constructor(
    private readonly folder: string,
    private readonly logger: Logger,
  ) {
    this.path = join(folder, 'reserve');
    this.keep();
  }

  /** Gives the room up, if the disk is full. @returns whether it was full */
  releaseWhenFull(): boolean {
    if (!isDiskFull(this.folder)) return false;
    this.release();
    return true;
  }

  /** Takes the room again once there is plenty. */
  keep(): void {
    if (this.isKept) return;
    try {
      const { bavail, bsize } = statfsSync(this.folder);
      if (bavail * bsize < COMFORTABLE_BYTES) return;
      mkdirSync(this.path, { recursive: true, mode: 0o700 });
      // Random: a file system that compresses would keep next to nothing of zeros.
      for (let number = 0; number < FILES; number += 1) {
        const file = join(this.path, String(number));
        if (statSync(file, { throwIfNoEntry: false })?.size !== FILE_BYTES)
          writeFileSync(file, randomBytes(FILE_BYTES), { mode: 0o600 });
      }
      this.isKept = true;
    } catch (error) {
      this.logger.warn({ err: error }, 'no room could be kept on the disk for the ends of runs');
    }
  }

  private release(): void {
    this.isKept = false;
    try {
      // The names of what is in it: a folder that somebody else put there stays.
      for (const name of readdirSync(this.path)) rmSync(join(this.path, name), { force: true });
    } catch (error) {
      if (diskFaultOf(error) === null && (error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.logger.warn({ err: error }, 'the room kept on the disk could not be given up');
    }
  }
}
