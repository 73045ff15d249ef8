import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeeperConnection } from './keeper-connection.ts';

/** The path of a unix socket has at most 108 bytes on Linux, 104 on macOS; a name of ours has 17. */
const MAX_FOLDER_BYTES = 104 - 18;

/**
 * Makes the folder for keepers' sockets: in the runner's own folder when that path is short enough, else a
 * private one under the system's temporary folder.
 * @throws Error when the folder is not ours alone: whoever can connect can end our runs
 */
export function makeSocketFolder(runnerFolder: string): string {
  const folder = isShort(runnerFolder) ? ownFolder(runnerFolder) : temporaryFolder(runnerFolder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stat = lstatSync(folder);
  if (!stat.isDirectory() || stat.uid !== process.getuid?.() || (stat.mode & 0o077) !== 0) {
    throw new Error(
      `${folder} must be a folder that only this user can enter (mode 700). Remove it, then start the runner again.`,
    );
  }
  return folder;
}

/** Where the socket is that keeps a second runner out. */
export function lockFileOf(runnerFolder: string): string {
  return join(isShort(runnerFolder) ? runnerFolder : temporaryFolder(runnerFolder), 'runner.lock');
}

const ownFolder = (runnerFolder: string): string => join(runnerFolder, 'sockets');
const isShort = (runnerFolder: string): boolean => Buffer.byteLength(ownFolder(runnerFolder)) <= MAX_FOLDER_BYTES;

function temporaryFolder(runnerFolder: string): string {
  const name = createHash('sha256').update(runnerFolder).digest('hex').slice(0, 12);
  return join(tmpdir(), `overmind-${process.getuid?.() ?? 0}-${name}`);
}

/** Removes sockets whose keepers were killed. Those that hang may go on: they are asked all at once, and left alone. */
export async function removeDeadSockets(folder: string): Promise<void> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.sock'));
  await Promise.all(
    names.map(async (name) => {
      const connection = await KeeperConnection.connect(join(folder, name));
      if (connection) connection.disconnect();
      // A keeper that has just ended removes its own.
      else rmSync(join(folder, name), { force: true });
    }),
  );
}
