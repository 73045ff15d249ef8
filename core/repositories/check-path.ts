import { RepositoryCheck } from '#contract/repositories.ts';
import { askRunner } from '#core/runners/runner-requests.ts';
import { parseContract } from '#contract/parse.ts';
import type { Core } from '#core/platform/core.ts';
import type { Runner } from '#prisma/generated/client/client.ts';

/** Has a runner look at a path, now. @returns null when it is not online or does not answer */
export async function checkPath(
  core: Core,
  runner: Pick<Runner, 'id' | 'connection' | 'isEnabled'>,
  path: string,
): Promise<RepositoryCheck | null> {
  if (runner.connection !== 'online' || !runner.isEnabled) return null;
  const answer = await askRunner(core, { runnerId: runner.id, kind: 'check', subject: path });
  return answer === null ? null : parseContract('RepositoryCheck', RepositoryCheck, answer);
}
