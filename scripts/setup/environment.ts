import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';

const SetupEnvironment = z.object({
  OVERMIND_RUNNER_DIR: z.string().optional(),
  OVERMIND_RUNNER_BIN_DIR: z.string().optional(),
  OVERMIND_RUNNER_EXEC_PATH: z.string().default(process.execPath),
  OVERMIND_RUNNER_NAME: z.string().max(64).default(os.hostname()),
  OVERMIND_DEMO_DIR: z.string().optional(),
  /** Folders with repositories that agents may work in, separated like PATH. */
  OVERMIND_REPO_ROOTS: z
    .string()
    .default('')
    .transform((value) =>
      value
        .split(path.delimiter)
        .filter(Boolean)
        .map((root) => path.resolve(root)),
    ),
});
export type SetupEnvironment = z.infer<typeof SetupEnvironment>;

/** What the set-up needs beside the servers' environment; without the folders it makes no runner and no demo. */
export function readSetupEnvironment(variables: NodeJS.ProcessEnv = process.env): SetupEnvironment {
  return SetupEnvironment.parse(Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== '')));
}
