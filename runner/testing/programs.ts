import { buildSync } from 'esbuild';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The fake agent programs. */
export const PROGRAMS_FOLDER = join(import.meta.dirname, '../../tests/kit/programs');

/** bubblewrap as the set-up of the tests has found or brought it. */
export const BUBBLEWRAP = process.env['OVERMIND_BWRAP'] ?? '/usr/bin/bwrap';

/** The fake agent programs, as `node` arguments. */
export function program(name: string, ...args: string[]): string[] {
  return [join(PROGRAMS_FOLDER, `${name}.mjs`), ...args];
}

// CommonJS packages inside an ES module still ask for it.
const REQUIRE = `import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);`;

/** Builds a program of the runner as the release does, so that tests start it as fast as the release. @returns its path */
export function buildProgram(entry: string): string {
  const folder = join(import.meta.dirname, '../../.cache/runner-tests');
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `${entry.replaceAll('/', '-')}-${process.pid}.mjs`);
  buildSync({
    entryPoints: [join(import.meta.dirname, '..', `${entry}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
    banner: { js: REQUIRE },
  });
  process.once('exit', () => rmSync(outfile, { force: true }));
  return outfile;
}

/** A folder with a short path: sockets of keepers are made below it. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'ovm-'));
}

/** Waits for a fact that nothing tells us of. */
export async function until(isTrue: () => boolean, what: string, timeoutMs = 10_000): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!isTrue()) {
    if (performance.now() > deadlineMs) throw new Error(`Waited ${timeoutMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
