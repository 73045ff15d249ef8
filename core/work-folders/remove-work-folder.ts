import { id } from '#contract/fields.ts';
import { WorkFolderFacts } from '#contract/repositories.ts';
import type { Actor } from '#core/access/actor.ts';
import { requireAdmin } from '#core/access/permissions.ts';
import { ConflictError, NotFoundError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { askRunner } from '#core/runners/runner-requests.ts';
import { CLAIMED_STATUSES } from '#core/runs/statuses.ts';

/**
 * Has a runner remove a task's folder now, with what the task's runs left in it. What is on branches stays.
 * @throws ConflictError while a run works in it, when the runner is not there, and with the reason when it could not be removed
 */
export async function removeWorkFolder(core: Core, actor: Actor, runnerId: string, name: string): Promise<void> {
  requireAdmin(actor);
  const key = { runnerId_name: { runnerId: parseInput(id, runnerId, ['runnerId']), name } };
  const found = name.includes('\0')
    ? null
    : await core.db.workFolder.findUnique({ where: key, include: { runner: true } });
  if (!found) throw new NotFoundError('work folder');
  const live = await core.db.agentRun.findFirst({
    where: { taskId: found.taskId, runnerId, status: { in: [...CLAIMED_STATUSES] } },
  });
  if (live) throw new ConflictError('A run works in this folder. Stop the run first.', live.id);
  if (found.runner.connection !== 'online')
    throw new ConflictError('The runner is not online. The folder can be removed when it is back.');
  const answer = await askRunner(core, { runnerId, kind: 'remove_work_folder', subject: name });
  if (answer === null) throw new ConflictError('The runner has not answered yet. Look again in a moment.');
  const left = await core.db.workFolder.findUnique({ where: key });
  if (!left) return;
  const facts = WorkFolderFacts.safeParse(left.facts);
  throw new ConflictError(
    `The folder is still there: ${(facts.success ? (facts.data.problem ?? facts.data.keptWhy) : null) ?? 'the runner keeps it'}.`,
  );
}
