import type { Core } from '#core/platform/core.ts';

const SWEEP_MS = 5_000;
const SWEEP_WITHOUT_REDIS_MS = 1_000;
/** Rows that are looked at in one statement. */
const MAX_KEYS = 1_000;

interface Watched<State> {
  key: string;
  /** @param state null: its row is gone */
  isBehind(state: State | null): boolean;
  nudge(): void;
}

/**
 * Repairs what a crash between commit and publish, or an absent Redis, has swallowed: looks now and then whether the
 * rows are ahead of those who follow, and sends them back to the rows if so. One timer and one statement for all who
 * follow the same kind of thing in this process, however many there are.
 */
export class Sweep<State> {
  readonly #look: (core: Core, keys: string[]) => Promise<ReadonlyMap<string, State>>;
  readonly #sweeps = new WeakMap<Core, OfProcess<State>>();

  /** @param look the state of each of these rows that is there, in one statement */
  constructor(look: (core: Core, keys: string[]) => Promise<ReadonlyMap<string, State>>) {
    this.#look = look;
  }

  /** @returns ends the watch */
  watch(core: Core, watched: Watched<State>): () => void {
    const known = this.#sweeps.get(core);
    const sweep = known ?? new OfProcess(core, this.#look);
    if (!known) this.#sweeps.set(core, sweep);
    return sweep.add(watched);
  }
}

class OfProcess<State> {
  readonly #core: Core;
  readonly #look: (core: Core, keys: string[]) => Promise<ReadonlyMap<string, State>>;
  readonly #watched = new Set<Watched<State>>();
  #timer: NodeJS.Timeout | null = null;
  #isLooking = false;

  constructor(core: Core, look: (core: Core, keys: string[]) => Promise<ReadonlyMap<string, State>>) {
    this.#core = core;
    this.#look = look;
  }

  add(watched: Watched<State>): () => void {
    this.#watched.add(watched);
    this.#setTimer();
    return () => {
      this.#watched.delete(watched);
      if (this.#watched.size > 0 || !this.#timer) return;
      clearTimeout(this.#timer);
      this.#timer = null;
    };
  }

  #setTimer(): void {
    if (this.#timer || this.#isLooking || this.#watched.size === 0) return;
    const afterMs = this.#core.bus.isConnected() ? SWEEP_MS : SWEEP_WITHOUT_REDIS_MS;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#isLooking = true;
      void this.#sweep().finally(() => {
        this.#isLooking = false;
        this.#setTimer();
      });
    }, afterMs);
  }

  async #sweep(): Promise<void> {
    const keys = [...new Set([...this.#watched].map(({ key }) => key))];
    try {
      for (let from = 0; from < keys.length; from += MAX_KEYS) {
        const some = keys.slice(from, from + MAX_KEYS);
        const states = await this.#look(this.#core, some);
        const looked = new Set(some);
        for (const watched of this.#watched)
          if (looked.has(watched.key) && watched.isBehind(states.get(watched.key) ?? null)) watched.nudge();
      }
    } catch (error) {
      this.#core.logger.warn({ err: error }, 'A sweep for missed messages failed; it is repeated');
    }
  }
}
