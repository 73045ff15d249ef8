import { z } from 'zod';
import { abortable } from '#core/platform/abortable.ts';

export const PART_STATES = ['starting', 'running', 'waiting'] as const;

const SystemPart = z.object({
  name: z.string(),
  /** waiting: it has ended, and is tried again at `nextTryAt`. */
  state: z.enum(PART_STATES),
  /** In a row, without running steadily between. */
  ends: z.number().int(),
  lastEnd: z.string().nullable(),
  detail: z.string().nullable(),
  nextTryAt: z.iso.datetime().nullable(),
});
export type SystemPart = z.infer<typeof SystemPart>;

const Word = z.object({ parts: z.array(SystemPart) });

/**
 * How the parts of this system are, as far as this process was told by its supervisor: by nobody else, so it is true as
 * long as both live. Without one (containers, development) nothing is known, and the list is empty.
 */
export class SystemParts {
  private parts: readonly SystemPart[] = [];
  private readonly listeners = new Set<() => void>();

  list(): readonly SystemPart[] {
    return this.parts;
  }

  /** @param line the supervisor's word, `{"parts": […]}`. @throws ZodError when it is none */
  take(line: string): void {
    this.parts = Word.parse(JSON.parse(line)).parts;
    for (const listener of this.listeners) listener();
  }

  /** The parts now, and again after each change; a reader that is slow gets the latest, not each. */
  follow(): AsyncGenerator<readonly SystemPart[]> {
    return abortable((signal) => this.changes(signal));
  }

  private async *changes(signal: AbortSignal): AsyncGenerator<readonly SystemPart[]> {
    let isNew = true;
    let wake = (): void => undefined;
    const listener = (): void => {
      isNew = true;
      wake();
    };
    this.listeners.add(listener);
    signal.addEventListener('abort', () => wake());
    try {
      while (!signal.aborted) {
        if (isNew) {
          isNew = false;
          yield this.parts;
        } else {
          await new Promise<void>((resolve) => (wake = resolve));
        }
      }
    } finally {
      this.listeners.delete(listener);
    }
  }
}
