import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { v7 } from 'uuid';
import { z } from 'zod';
import { readJson } from './execution/write-json.ts';
import type { Logger } from './logger.ts';

const ClaimFile = z.object({ claimId: z.uuid() });

/** The id to claim under. */
export interface Claim {
  id: string;
  /** It may have been used: by a runner that was killed, or by a request whose answer did not arrive. */
  isRepeat: boolean;
}

/**
 * The ids of a runner's claims. Each is on disk before it is used: a runner that is killed between the answer and
 * its own note of it is asked for by the next one, under the same id, and the control plane gives the same run again.
 */
export class ClaimIds {
  private next: Promise<Claim> | null = null;

  /**
   * @param file where the current id is kept
   * @param answered ids whose runs are on disk: they are not asked for again
   */
  constructor(
    private readonly file: string,
    answered: ReadonlySet<string>,
    logger: Logger,
  ) {
    const stored = readStored(file, logger);
    if (stored && !answered.has(stored.claimId)) this.next = Promise.resolve({ id: stored.claimId, isRepeat: true });
    else this.settle();
  }

  /** @throws the file system's error, when the id can not be stored */
  async current(): Promise<Claim> {
    this.next ??= this.make();
    return this.next;
  }

  /** The request may have been heard, and its answer not. */
  repeat({ id }: Claim): void {
    this.next = Promise.resolve({ id, isRepeat: true });
  }

  /** The answer is on disk, or nothing is owed: the next claim gets an id of its own, which is made ready at once. */
  settle(): void {
    const made = this.make();
    this.next = made;
    made.catch(() => {
      // Whoever asks next tries again and hears of it.
      if (this.next === made) this.next = null;
    });
  }

  private async make(): Promise<Claim> {
    const id = v7();
    const temporary = `${this.file}.tmp`;
    await synced(temporary, 'w', JSON.stringify({ claimId: id }));
    await rename(temporary, this.file);
    await synced(dirname(this.file), 'r');
    return { id, isRepeat: false };
  }
}

/** @returns null when there is none, or none that can be read: then a claim that was under way is given back by its lease */
function readStored(file: string, logger: Logger): z.infer<typeof ClaimFile> | null {
  try {
    return ClaimFile.nullable().parse(readJson(file));
  } catch (error) {
    logger.warn({ err: error, file }, 'the id of the last claim is not readable; a new one is made');
    return null;
  }
}

async function synced(path: string, flags: 'w' | 'r', text?: string): Promise<void> {
  const handle = await open(path, flags, 0o600);
  try {
    if (text !== undefined) await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
