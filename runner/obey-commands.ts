import { setTimeout as sleep } from 'node:timers/promises';
import {
  isTokenRefused,
  type ControlPlane,
  type RefusedError,
  type RunnerCommand,
} from './control-plane/control-plane.ts';
import type { Logger } from './logger.ts';

const FOLLOW_RETRY_MS = 1_000;

export interface ObeyOptions {
  controlPlane: ControlPlane;
  logger: Logger;
  signal: AbortSignal;
  /** Does what the command says. */
  obey: (command: RunnerCommand) => void;
  onTokenRefused: (error: RefusedError) => void;
}

/**
 * Obeys what is heard for as long as the runner is there, whatever becomes of one command or connection. Never rejects.
 */
export async function obeyCommands(options: ObeyOptions): Promise<void> {
  const { logger, signal } = options;
  while (!signal.aborted) {
    await follow(options).catch((error: unknown) => {
      if (!signal.aborted) logger.error({ err: error }, 'following the commands failed; following them anew');
    });
    await sleep(FOLLOW_RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function follow(options: ObeyOptions): Promise<void> {
  const { controlPlane, logger, signal, obey } = options;
  for await (const command of controlPlane.commands(signal)) {
    // Before it is noted: a run that is to stop goes on until then.
    if (command.type !== 'refused') obey(command);
    if (command.type !== 'run_available') logger.info(command, 'heard');
    if (command.type === 'refused') await askAboutToken(options);
  }
}

/** A socket can be refused for many reasons, by many; a request is answered by the API. */
async function askAboutToken({ controlPlane, logger, onTokenRefused }: ObeyOptions): Promise<void> {
  try {
    await controlPlane.renew([]);
  } catch (error) {
    if (isTokenRefused(error)) onTokenRefused(error);
    else logger.warn({ err: error }, 'whether the token is still good was not found out');
  }
}
