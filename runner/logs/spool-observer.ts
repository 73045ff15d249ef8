import type { Logger } from '../logger.ts';
import { parseMark } from './parse-mark.ts';
import { SPOOL_FILES, type ProgramDigit, type Segment, type SpoolPosition, type StreamDigit } from './spool-files.ts';
import type { SpoolReader } from './spool-reader.ts';
import { SpoolWatch } from './spool-watch.ts';

/** Beyond this many, the order between stdout and stderr is kept more coarsely instead of growing the queue. */
const MAX_SEGMENTS = 256;

/**
 * Notices growth of the spool files and turns it into segments, the order in which lines are numbered. What is
 * seen of stdout and stderr between two looks has no known order: stdout comes first then.
 */
export class SpoolObserver {
  readonly segments: Segment[] = [];
  private known: Record<StreamDigit, number> = { 1: 0, 2: 0, 3: 0 };
  private readonly dirty = new Set<ProgramDigit>();
  private isLookPlanned = false;
  private isClosed = false;
  private watch: SpoolWatch | null = null;
  private wake: (() => void) | null = null;
  private failure: Error | null = null;

  constructor(
    private readonly folder: string,
    private readonly reader: SpoolReader,
    private readonly maxLogBytes: number,
    private readonly logger: Logger,
  ) {}

  start(position: SpoolPosition): void {
    this.restart(position);
    this.watch = new SpoolWatch({
      folder: this.folder,
      logger: this.logger,
      onNotice: (name) => this.onNotice(name),
      onTime: () => this.look([1, 2]),
    });
  }

  /** Begins again behind `position`. */
  restart(position: SpoolPosition): void {
    this.segments.length = 0;
    this.known = { 1: position.stdout.seen, 2: position.stderr.seen, 3: position.marks };
    // An unfinished line behind `position` is looked at again with the next growth, or with the mark that ends it.
    this.look([1, 2]);
  }

  drop(count: number): void {
    this.segments.splice(0, count);
  }

  /** Resolves when there are new segments, or when the observer is closed. @throws what kept it from looking */
  async changed(): Promise<void> {
    if (this.segments.length === 0 && !this.isClosed && !this.failure) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    if (this.failure && this.segments.length === 0) throw this.failure;
  }

  /** Looks now, for what no notice comes of. */
  lookNow(): void {
    this.look([1, 2]);
  }

  close(): void {
    this.isClosed = true;
    this.watch?.close();
    this.wake?.();
  }

  private onNotice(name: string | null): void {
    if (name === SPOOL_FILES.stdout) this.dirty.add(1);
    else if (name === SPOOL_FILES.stderr) this.dirty.add(2);
    else if (name !== null && name !== SPOOL_FILES.marks) return;
    if (this.isLookPlanned) return;
    this.isLookPlanned = true;
    // One look for all notices that arrived together.
    setImmediate(() => {
      this.isLookPlanned = false;
      const digits = name === null ? ([1, 2] as const) : [...this.dirty];
      this.dirty.clear();
      this.look(digits);
    });
  }

  private look(digits: readonly ProgramDigit[]): void {
    if (this.isClosed || this.failure) return;
    const before = this.segments.at(-1);
    try {
      this.lookAtMarks();
      for (const digit of digits) this.see(digit, this.reader.size(digit));
    } catch (error) {
      // Called by timers and watchers: thrown on from here, it would end the runner.
      this.failure = error instanceof Error ? error : new Error(String(error));
    }
    if (this.failure || this.segments.at(-1) !== before) this.wake?.();
  }

  private lookAtMarks(): void {
    const size = this.reader.size(3);
    while (this.known[3] < size) {
      const line = this.reader.readMarkLine(this.known[3], size);
      if (!line) return;
      const mark = parseMark(line.text);
      if (mark) {
        this.see(1, mark.at[0]);
        this.see(2, mark.at[1]);
      }
      this.known[3] = line.next;
      this.segments.push([3, line.next]);
    }
  }

  private see(digit: ProgramDigit, size: number): void {
    const other = digit === 1 ? this.known[2] : this.known[1];
    const to = Math.min(size, Math.max(0, this.maxLogBytes - other));
    if (to <= this.known[digit]) return;
    this.known[digit] = to;
    const last = this.segments.length - 1;
    if (this.segments[last]?.[0] === digit) this.segments[last] = [digit, to];
    else if (this.segments.length < MAX_SEGMENTS || !this.raiseEarlier(digit, to)) this.segments.push([digit, to]);
  }

  private raiseEarlier(digit: ProgramDigit, to: number): boolean {
    for (let index = this.segments.length - 1; index >= 0 && this.segments[index]?.[0] !== 3; index -= 1) {
      if (this.segments[index]?.[0] !== digit) continue;
      this.segments[index] = [digit, to];
      return true;
    }
    return false;
  }
}
