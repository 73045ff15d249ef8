import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const CHUNK = Buffer.alloc(64 * 1024);

/** A small disk of its own under a folder, which can be filled up without hurting the machine. Needs root. */
export class SmallDisk {
  private constructor(readonly folder: string) {}

  /** @returns null where nothing may be mounted */
  static mount(folder: string, megabytes: number): SmallDisk | null {
    mkdirSync(folder, { recursive: true });
    if (process.getuid?.() !== 0) return null;
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0711`, 'overmind-chaos', folder], {
        stdio: 'pipe',
      });
    } catch {
      // Root of a container often may not: the faults that need it are left out, and the report says so.
      return null;
    }
    return new SmallDisk(folder);
  }

  /** Takes everything that is free. */
  fill(): void {
    const { bavail, bsize } = statfsSync(this.folder);
    const file = openSync(this.filler, 'a');
    try {
      if (bavail > 0) execFileSync('fallocate', ['--length', String(bavail * bsize), this.filler], { stdio: 'pipe' });
      for (;;) writeSync(file, CHUNK);
    } catch (error) {
      // Somebody else may have taken the rest first; full is full.
      if (!isFull(error)) throw error;
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.filler, { force: true });
  }

  unmount(): void {
    // Lazily: a process that is just ending may still have a file open in there.
    execFileSync('umount', ['--lazy', this.folder], { stdio: 'pipe' });
  }

  private get filler(): string {
    return join(this.folder, 'filler');
  }
}

function isFull(error: unknown): boolean {
  const { code, stderr } = error as { code?: string; stderr?: Buffer };
  return code === 'ENOSPC' || (stderr?.includes('No space left') ?? false);
}
