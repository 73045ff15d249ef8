import { closeSync, lstatSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseContract } from '#contract/parse.ts';
import { readJson } from './execution/write-json.ts';

const TokenFile = z.strictObject({ token: z.string().regex(/^ovm_run_/, 'A runner token begins with ovm_run_') });

/**
 * Reads the runner's token from its `runner.json`.
 * @throws Error saying what to do, when it is missing, belongs to somebody else, or others can read it
 */
export function readToken(path: string): string {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat)
    throw new Error(
      `The runner has no token yet: ${path} is missing. Add a runner in the dashboard's settings and put {"token":"ovm_run_…"} there.`,
    );
  if (!stat.isFile()) throw new Error(`${path} must be an ordinary file`);
  if ((stat.mode & 0o077) !== 0) throw new Error(`Others can read the runner's token. Run: chmod 600 ${path}`);
  if (process.getuid && stat.uid !== process.getuid())
    throw new Error(`${path} belongs to another user than the one the runner runs as`);
  return parseContract('runner.json', TokenFile, readJson(path)).token;
}

/**
 * Reads the token from a descriptor that whoever started us has opened, and closes it: nothing that we start finds it.
 * @throws Error when there is no token in it
 */
export function readTokenFrom(fd: number): string {
  try {
    return parseContract('runner.json', TokenFile, JSON.parse(readFileSync(fd, 'utf8'))).token;
  } finally {
    closeSync(fd);
  }
}
