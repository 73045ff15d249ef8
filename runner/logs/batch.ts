import { isUtf8 } from 'node:buffer';
import { MAX_LOG_BATCH_BYTES, MAX_LOG_BATCH_LINES } from '#contract/limits.ts';
import { parseMark } from './parse-mark.ts';
import type { Masker } from './mask.ts';
import {
  copyPosition,
  type ProgramDigit,
  type Segment,
  type SpoolPosition,
  type StreamPosition,
} from './spool-files.ts';
import type { SpoolReader } from './spool-reader.ts';
import { SpoolWindow } from './spool-window.ts';
import { MAX_PART_BYTES, takeLine } from './split-lines.ts';

/** Bytes of a spool looked at in one go. Larger than the longest part with its overlap for secrets. */
const WINDOW_BYTES = 192 * 1024;

/** A stretch of numbered lines, packed as the API takes it. */
export interface Batch {
  /** One digit a line, see contract/log-streams.ts. */
  streams: string;
  messages: string[];
  /** Where the next batch starts. */
  position: SpoolPosition;
  /** Segments that were used up whole; the one after them may be used in part. */
  segmentsDone: number;
  /** The log's last mark has been numbered: nothing follows. */
  isEnd: boolean;
}

export interface BatchSource {
  reader: SpoolReader;
  masker: Masker;
}

/**
 * Turns the bytes that `segments` make visible into lines. Deterministic: the same position, segments and bytes
 * give the same lines, however often and in whatever process it is called.
 * @param maxLines stops after this many lines; a recorded batch is made again with its recorded count
 */
export function buildBatch(
  source: BatchSource,
  from: SpoolPosition,
  segments: readonly Segment[],
  maxLines = MAX_LOG_BATCH_LINES,
  maxBytes = MAX_LOG_BATCH_BYTES,
): Batch {
  const batch = new BatchBuilder(source, copyPosition(from), maxLines, maxBytes);
  let segmentsDone = 0;
  for (const [digit, to] of segments) {
    const isDone = digit === 3 ? batch.takeMarks(to) : batch.takeOutput(digit, to);
    if (!isDone) break;
    segmentsDone += 1;
    if (batch.isEnd) break;
  }
  return {
    streams: batch.streams,
    messages: batch.messages,
    position: batch.position,
    segmentsDone,
    isEnd: batch.isEnd,
  };
}

class BatchBuilder {
  streams = '';
  messages: string[] = [];
  isEnd = false;
  private bytes = 0;
  /** A line did not fit any more. */
  private isStopped = false;

  constructor(
    private readonly source: BatchSource,
    readonly position: SpoolPosition,
    private readonly maxLines: number,
    private readonly maxBytes: number,
  ) {}

  /** @returns false when the batch is full before the segment is used up */
  takeOutput(digit: ProgramDigit, to: number): boolean {
    const stream = this.stream(digit);
    stream.seen = Math.max(stream.seen, to);
    return this.takeLines(digit, stream, false);
  }

  takeMarks(to: number): boolean {
    while (this.position.marks < to) {
      const line = this.source.reader.readMarkLine(this.position.marks, to);
      if (line === null) return true;
      const mark = parseMark(line.text);
      // A system line stands after all output before it, finished lines or not, unless a program goes on with them.
      const isFlush = !mark?.isAside;
      if (!this.takeLines(1, this.position.stdout, isFlush) || !this.takeLines(2, this.position.stderr, isFlush))
        return false;
      if (mark && mark.text !== null && !this.add(3, this.source.masker.mask(mark.text.replaceAll('\0', '\uFFFD'))))
        return false;
      this.position.marks = line.next;
      if (mark?.isEnd) {
        this.isEnd = true;
        return true;
      }
    }
    return true;
  }

  private takeLines(digit: ProgramDigit, stream: StreamPosition, isFlush: boolean): boolean {
    while (stream.at < stream.seen) {
      if (this.isFull()) return false;
      const window = new SpoolWindow(this.source, digit, stream.at, stream.seen, WINDOW_BYTES);
      const { bytes, isAll } = window;
      if (bytes.length === 0) return true;
      const used =
        this.takePlainLines(digit, stream, window) || this.takeAnyLines(digit, stream, window, isAll, isFlush && isAll);
      if (used === 0) return !this.isStopped;
    }
    return true;
  }

  /** The common case, several times faster: valid UTF-8 without carriage returns and NULs, no line too long. */
  private takePlainLines(digit: ProgramDigit, stream: StreamPosition, window: SpoolWindow): number {
    const { bytes } = window;
    if (stream.isContinued) return 0;
    const room = Math.min(bytes.length, this.maxBytes - this.bytes);
    let end = 0;
    let count = 0;
    while (count < this.maxLines - this.messages.length) {
      const feed = bytes.indexOf(0x0a, end);
      if (feed === -1 || feed >= room || feed - end > MAX_PART_BYTES) break;
      end = feed + 1;
      count += 1;
    }
    const plain = bytes.subarray(0, end);
    if (count === 0 || plain.includes(0x0d) || plain.includes(0) || !isUtf8(plain)) return 0;
    const lines = this.source.masker.mask(plain.toString('utf8', 0, end - 1), window.around(0, end - 1)).split('\n');
    for (const line of lines) this.messages.push(line);
    this.streams += String(digit).repeat(lines.length);
    this.bytes += end;
    stream.at += end;
    return end;
  }

  private takeAnyLines(
    digit: ProgramDigit,
    stream: StreamPosition,
    window: SpoolWindow,
    isAll: boolean,
    isFlush: boolean,
  ): number {
    let used = 0;
    // After a few lines the faster way is tried again: one odd line must not slow down all that follow.
    for (let count = 0; count < 64; count += 1) {
      const line = takeLine(window.bytes, used, stream.isContinued, isAll, isFlush, this.source.masker, (from, to) =>
        window.around(from, to),
      );
      if (line === null) return used;
      if (line.text !== null && !this.add(digit, line.text)) return used;
      stream.at += line.next - used;
      stream.isContinued = line.isContinued;
      used = line.next;
    }
    return used;
  }

  private add(digit: 1 | 2 | 3, text: string): boolean {
    const bytes = Buffer.byteLength(text) + 1;
    if (this.messages.length >= this.maxLines || (this.messages.length > 0 && this.bytes + bytes > this.maxBytes)) {
      this.isStopped = true;
      return false;
    }
    this.messages.push(text);
    this.streams += String(digit);
    this.bytes += bytes;
    return true;
  }

  private isFull(): boolean {
    return this.messages.length >= this.maxLines || this.bytes >= this.maxBytes;
  }

  private stream(digit: ProgramDigit): StreamPosition {
    return digit === 1 ? this.position.stdout : this.position.stderr;
  }
}
