/** Longer lines are counted and not read. */
export const MAX_LINE_BYTES = 8 * 1024 * 1024;

const LINE_FEED = 0x0a;

/** Cuts bytes that come in any pieces into lines. Holds at most one line. */
export class JsonLines {
  private pieces: Buffer[] = [];
  private bytes = 0;
  private isTooLong = false;

  /** @param onLine each line without its end; null: it was too long */
  constructor(private readonly onLine: (line: string | null) => void) {}

  push(bytes: Buffer): void {
    let from = 0;
    for (;;) {
      const feed = bytes.indexOf(LINE_FEED, from);
      this.keep(bytes.subarray(from, feed === -1 ? bytes.length : feed));
      if (feed === -1) return;
      this.end();
      from = feed + 1;
    }
  }

  /** The last line may have no end. */
  end(): void {
    if (this.bytes === 0 && !this.isTooLong) return;
    const line = this.isTooLong ? null : Buffer.concat(this.pieces).toString('utf8').trim();
    this.pieces = [];
    this.bytes = 0;
    this.isTooLong = false;
    if (line !== '') this.onLine(line);
  }

  private keep(piece: Buffer): void {
    if (piece.length === 0 || this.isTooLong) return;
    this.bytes += piece.length;
    if (this.bytes > MAX_LINE_BYTES) {
      this.isTooLong = true;
      this.pieces = [];
      return;
    }
    // A copy: whoever reads may use its buffer again.
    this.pieces.push(Buffer.from(piece));
  }
}
