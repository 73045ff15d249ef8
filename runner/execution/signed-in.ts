import type { AgentProgram } from '#contract/agent-programs.ts';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { RunnerPolicy } from './policy.ts';

/** Whether a program can sign in as somebody here: one of its keys is set and handed out, or it has a log-in of its own. */
export function isSignedIn(
  { keyNames, signInFiles }: AgentProgram,
  { policy, env }: { policy: Pick<RunnerPolicy, 'envNames'>; env: Readonly<Record<string, string | undefined>> },
): boolean {
  const { HOME } = env;
  return (
    keyNames.some((name) => Boolean(env[name]) && policy.envNames.includes(name)) ||
    (HOME !== undefined && signInFiles.some((file) => existsSync(join(HOME, file))))
  );
}
