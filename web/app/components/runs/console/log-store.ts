import type { LogStream } from '#contract/log-streams.ts';

export interface LogLine {
  stream: LogStream;
  message: string;
  createdAt: string | null;
}

export interface LogBatch {
  /** Number of the first line; the others follow without gaps. */
  firstSeq: number;
  lines: readonly LogLine[];
}

/** Fetches lines `fromSeq` and after, at most a page. */
export type LoadLines = (fromSeq: number, limit: number) => Promise<LogBatch>;

export const PAGE_LINES = 1_000;
/** A failed page is asked for again no sooner than this: a scroll must not turn into a storm of requests. */
const RETRY_PAGE_MS = 3_000;

type Schedule = (work: () => void) => void;

/**
 * All lines of one run, outside React: a page of lines is there, on its way, or not yet asked for. Followers hear of changes once a frame
 * however many lines came in.
 */
export class LogStore {
  #pages = new Map<number, (LogLine | undefined)[]>();
  #loading = new Set<number>();
  #failedAt = new Map<number, number>();
  #listeners = new Set<() => void>();
  #count = 0;
  #version = 0;
  #stored = 0;
  #isNotifying = false;
  #load: LoadLines;
  #schedule: Schedule;

  constructor(
    load: LoadLines,
    {
      lineCount = 0,
      schedule = (work) => requestAnimationFrame(work),
    }: { lineCount?: number; schedule?: Schedule } = {},
  ) {
    this.#load = load;
    this.#count = lineCount;
    this.#schedule = schedule;
  }

  /** Lines of the run as far as is known, loaded or not. */
  get lineCount(): number {
    return this.#count;
  }

  /** Lines that are here. */
  get storedCount(): number {
    return this.#stored;
  }

  get hasFailedPages(): boolean {
    return this.#failedAt.size > 0;
  }

  /** Grows with every change; what `useSyncExternalStore` compares. */
  readonly getVersion = (): number => this.#version;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  line(seq: number): LogLine | undefined {
    return this.#pages.get(Math.floor(seq / PAGE_LINES))?.[seq % PAGE_LINES];
  }

  /** Takes lines in; a line that is already here is not stored twice. */
  append({ firstSeq, lines }: LogBatch): void {
    lines.forEach((line, i) => {
      const seq = firstSeq + i;
      const index = Math.floor(seq / PAGE_LINES);
      let page = this.#pages.get(index);
      if (!page) this.#pages.set(index, (page = []));
      if (page[seq % PAGE_LINES] === undefined) this.#stored++;
      page[seq % PAGE_LINES] = line;
    });
    this.growTo(firstSeq + lines.length);
    this.#notify();
  }

  /** Somebody said that the run has this many lines by now. */
  growTo(lineCount: number): void {
    if (lineCount <= this.#count) return;
    this.#count = lineCount;
    this.#notify();
  }

  /** Fetches what is missing between two lines (inclusive). */
  ensure(fromSeq: number, toSeq: number): void {
    const last = Math.floor(Math.min(toSeq, this.#count - 1) / PAGE_LINES);
    for (let page = Math.floor(Math.max(0, fromSeq) / PAGE_LINES); page <= last; page++) void this.loadPage(page);
  }

  /** Whether every line of a page that exists is here. */
  hasPage(index: number): boolean {
    const page = this.#pages.get(index);
    const wanted = Math.min(PAGE_LINES, this.#count - index * PAGE_LINES);
    if (!page || page.length < wanted) return false;
    for (let i = 0; i < wanted; i++) if (page[i] === undefined) return false;
    return true;
  }

  async loadPage(index: number): Promise<void> {
    if (this.#loading.has(index) || this.hasPage(index)) return;
    if (Date.now() - (this.#failedAt.get(index) ?? 0) < RETRY_PAGE_MS) return;
    this.#loading.add(index);
    try {
      const batch = await this.#load(index * PAGE_LINES, PAGE_LINES);
      this.#failedAt.delete(index);
      this.append(batch);
    } catch (error) {
      // Shown by the console as lines that could not be loaded; scrolling or the button asks again.
      this.#failedAt.set(index, Date.now());
      console.warn('Log lines could not be loaded', error);
      this.#notify();
    } finally {
      this.#loading.delete(index);
    }
  }

  #notify(): void {
    this.#version++;
    if (this.#isNotifying) return;
    this.#isNotifying = true;
    this.#schedule(() => {
      this.#isNotifying = false;
      for (const listener of this.#listeners) listener();
    });
  }
}
