import { pino } from 'pino';
import type { Logger } from 'pino';
import { standardOutput } from './standard-output.ts';

export type { Logger };

/** Structured logs on stdout, one JSON object a line. Secrets never reach it: only ids and counts are logged. */
export function createLogger(service: string, level: string): Logger {
  const options = {
    base: { service },
    level,
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return pino(options, standardOutput());
}
