import type { Logger } from '../logger.ts';

export const silentLogger: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
