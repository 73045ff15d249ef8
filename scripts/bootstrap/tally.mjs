/** @typedef {{ passed: number, failed: number, skipped: number, notes?: string[] }} Counts notes: what a reader of the end should know */

/** Adds up what every check and test run has found. */
export class Tally {
  constructor() {
    /** @type {Map<string, Counts>} */
    this.parts = new Map();
  }

  /**
   * @param {string} part
   * @param {Counts} counts
   */
  add(part, counts) {
    this.parts.set(part, counts);
  }

  get passed() {
    return this.sum('passed');
  }

  get failed() {
    return this.sum('failed');
  }

  /** @param {'passed' | 'failed' | 'skipped'} kind */
  sum(kind) {
    return [...this.parts.values()].reduce((total, counts) => total + counts[kind], 0);
  }

  summary() {
    const width = Math.max(0, ...[...this.parts.keys()].map((part) => part.length));
    return [
      '',
      ...[...this.parts].map(([part, counts]) => {
        const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
        return `  ${counts.failed > 0 ? '✗' : '✓'} ${part.padEnd(width)}  ${counts.passed} passed, ${counts.failed} failed${skipped}`;
      }),
      '',
      ...[...this.parts].flatMap(([part, { notes = [] }]) => notes.map((note) => `  ${part}: ${note}`)),
    ];
  }

  lastLine() {
    return `${this.passed} passed, ${this.failed} failed`;
  }
}
