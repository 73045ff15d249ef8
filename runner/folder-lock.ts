import { renameSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One that was told to leave takes a moment. */
const WAIT_MS = 5_000;
const LOOK_MS = 100;

/**
 * Takes a runner's folder for this process alone: two runners would take up each other's runs, and claim under each
 * other's ids. What holds it is a socket that listens, so it is free again however its holder ends; one that is only
 * stopped still has it.
 * @param file a path that is short enough for a socket
 * @returns gives it back
 * @throws Error when another runner has it and does not leave
 */
export async function lockFolder(file: string, folder: string, waitMs = WAIT_MS): Promise<() => void> {
  for (const endMs = performance.now() + waitMs; ; await sleep(LOOK_MS)) {
    const server = await listen(file);
    if (server) return () => server.close();
    if (await isHeld(file)) {
      if (performance.now() < endMs) continue;
      throw new Error(
        `Another runner works in ${folder}. Stop it first, or give this one a folder of its own (OVERMIND_RUNNER_DIR).`,
      );
    }
    await removeDead(file);
  }
}

/** @returns null when there is such a file */
function listen(file: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(null) : reject(error),
    );
    server.listen(file, () => resolve(server.unref()));
  });
}

function isHeld(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(file);
    socket
      .once('connect', () => resolve(true))
      .once('error', () => resolve(false))
      .once('close', () => socket.destroy());
    socket.once('connect', () => socket.destroy());
  });
}

/** Aside first: whoever starts in this very moment may have put one there that is alive. */
async function removeDead(file: string): Promise<void> {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (await isHeld(aside)) renameSync(aside, file);
  else rmSync(aside, { force: true });
}
