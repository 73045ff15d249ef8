import { spawn } from 'node:child_process';

/** Node.js programs take two on a machine that has other things to do. */
const PATIENCE_MS = 10_000;
const MAX_OUTPUT_CHARS = 10_000;
const VERSION = /\d+\.\d+[0-9A-Za-z.+-]{0,60}/;

/**
 * Has a program say its version, without input, and ends it and what it has started when it takes too long.
 * @returns null when it says nothing that looks like one
 */
export async function askVersion(
  file: string,
  args: readonly string[],
  { env, signal, patienceMs = PATIENCE_MS }: { env: Record<string, string>; signal: AbortSignal; patienceMs?: number },
): Promise<string | null> {
  if (signal.aborted) return null;
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: '/', env, detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    let output = '';
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      endGroup(child.pid);
      child.stdout.destroy();
      resolve(VERSION.exec(output)?.[0] ?? null);
    };
    const timer = setTimeout(end, patienceMs);
    signal.addEventListener('abort', end, { once: true });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (output.length < MAX_OUTPUT_CHARS) output += text;
    });
    child.once('error', end);
    // Not "close": what it has left running may hold its output open.
    child.once('exit', () => setImmediate(end));
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // It has gone, and left nothing.
  }
}
