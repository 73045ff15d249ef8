import { LOG_STREAMS } from './enums.ts';

export type LogStream = (typeof LOG_STREAMS)[number];

/** A packed batch says of each line by one digit, counted from 1, which stream it is of. */
export const STREAM_DIGITS = new RegExp(`^[1-${LOG_STREAMS.length}]+$`);
export const STREAM_DIGITS_TEXT = `A digit a line: ${LOG_STREAMS.map((stream) => `${digitOf(stream)} ${stream}`).join(', ')}`;

export function digitOf(stream: LogStream): string {
  return String(LOG_STREAMS.indexOf(stream) + 1);
}

/** @param digit of a stream that is not known here: our own words */
export function streamOf(digit: string): LogStream {
  return LOG_STREAMS[Number(digit) - 1] ?? 'system';
}
