import { pino } from 'pino';
import type { Logger } from 'pino';

export type { Logger };

/** Structured logs on stdout, one JSON object a line. Secrets never reach it: only ids and counts are logged. */
export function createLogger(service: string, level: string): Logger {
  return pino({ base: { service }, level, formatters: { level: (label) => ({ level: label }) }, timestamp: pino.stdTimeFunctions.isoTime });
}
