/** The names of the append-only files of one run folder. `marks` carries the system lines and where they belong. */
export const SPOOL_FILES = { stdout: 'stdout.spool', stderr: 'stderr.spool', marks: 'marks.spool' } as const;

/** Each stream's digit in the journal, which is the one of contract/log-streams.ts. */
export type ProgramDigit = 1 | 2;
export type StreamDigit = 1 | 2 | 3;

/** "Stream `digit` was seen to hold bytes up to `to`." The order of these is the order of the lines. */
export type Segment = readonly [digit: StreamDigit, to: number];

/** How far one program stream has been numbered. */
export interface StreamPosition {
  /** Bytes already turned into numbered lines. */
  at: number;
  /** Bytes that segments have made visible; the rest after `at` is an unfinished line. */
  seen: number;
  /** The bytes at `at` continue a line that was split because it was too long. */
  isContinued: boolean;
}

/** Everything the numbering depends on besides the bytes themselves. */
export interface SpoolPosition {
  stdout: StreamPosition;
  stderr: StreamPosition;
  marks: number;
}

export function startPosition(): SpoolPosition {
  return { stdout: { at: 0, seen: 0, isContinued: false }, stderr: { at: 0, seen: 0, isContinued: false }, marks: 0 };
}

export function copyPosition(position: SpoolPosition): SpoolPosition {
  return { stdout: { ...position.stdout }, stderr: { ...position.stderr }, marks: position.marks };
}
