import type { Product } from './product.ts';
import { nowMs } from './statistics.ts';

const RUN_LOG = 'subscription ($runId: ID!) { runLog(runId: $runId) { firstSeq streams messages } }';

interface LogBatch {
  firstSeq: number;
  streams: string;
  messages: string[];
}

/** A viewer of one run: takes every line, and fails at the first that is missing, doubled or out of order. */
export class LogFollower {
  /** Lines of the program's standard output so far. */
  count = 0;
  /** When the newest batch came. */
  lastMs = 0;
  batches = 0;
  private nextSeq = 0;
  private wake: () => void = () => undefined;
  private readonly stop: () => void;

  /**
   * @param numberOf reads from a line which one of the program's lines it is
   * @param onLine called for each of the program's lines with the moment of its arrival
   */
  constructor(
    product: Product,
    readonly runId: string,
    private readonly numberOf: (message: string) => number,
    private readonly onLine: (message: string, atMs: number) => void = () => undefined,
  ) {
    this.stop = product.client.subscribe<LogBatch>(RUN_LOG, { runId }, (batch) => this.take(batch));
  }

  private take({ firstSeq, streams, messages }: LogBatch): void {
    const atMs = nowMs();
    if (firstSeq !== this.nextSeq)
      throw new Error(`Expected line ${this.nextSeq} of run ${this.runId}, found ${firstSeq}`);
    messages.forEach((message, i) => {
      if (streams[i] !== '1') return;
      const number = this.numberOf(message);
      if (number !== this.count)
        throw new Error(
          `Expected the program's line ${this.count} of run ${this.runId}, found: ${message.slice(0, 80)}`,
        );
      this.count += 1;
      this.onLine(message, atMs);
    });
    this.nextSeq += messages.length;
    this.lastMs = atMs;
    this.batches += 1;
    this.wake();
  }

  /** Resolves when this many lines have come. @throws when they do not */
  async until(count: number, timeoutMs = 60_000): Promise<void> {
    const timer = setTimeout(() => this.wake(), timeoutMs);
    const endMs = nowMs() + timeoutMs;
    while (this.count < count) {
      if (nowMs() >= endMs) throw new Error(`Expected ${count} lines of run ${this.runId}, found ${this.count}`);
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    clearTimeout(timer);
  }

  close(): void {
    this.stop();
  }
}
