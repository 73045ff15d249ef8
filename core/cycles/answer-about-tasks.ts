import { formatShortId } from '#contract/short-ids.ts';
import type { ShortId } from '#contract/short-ids.ts';
import type { UserActor } from '#core/access/actor.ts';
import { DomainError, ForbiddenError } from '#core/errors/errors.ts';
import type { Core } from '#core/platform/core.ts';
import { readTaskTalk } from '#core/planner/task-talk.ts';
import { findWaitingReasons } from '#core/runs/waiting-reasons.ts';
import { findByShortIds } from '#core/tasks/find-task.ts';
import { transitionTask } from '#core/tasks/transition-task.ts';
import type { Message } from '#prisma/generated/client/client.ts';
import { plain } from './answer.ts';

interface AnswerAboutTasks {
  content: string;
  taskIds: string[];
}

/**
 * Answers a message that names tasks of its project by their short ids and only asks how they stand, or for them to be
 * canceled. What is to be done is done here, with the rights of who said it; done again after a crash it changes nothing.
 * Of those that there are not (any more) it says so.
 * @returns null for any other message
 */
export async function answerAboutTasks(core: Core, message: Message): Promise<AnswerAboutTasks | null> {
  const talk = readTaskTalk(message.content);
  if (!talk) return null;
  // A key of something else, another tracker maybe: a message like any other.
  if (!(await areKeysOfProject(core, message.projectId, talk.shortIds))) return null;
  const found = await findByShortIds(core.db, talk.shortIds);
  const idByNumber = new Map(
    found.map(({ id, saidAs }) => [talk.shortIds.find((said) => formatShortId(said) === saidAs)?.number, id]),
  );
  // By a former key and by the present one it is the same task.
  const said = talk.shortIds.filter((one, i) => talk.shortIds.findIndex(({ number }) => number === one.number) === i);
  const taskIds = said.flatMap(({ number }) => idByNumber.get(number) ?? []);
  const refusals = talk.kind === 'cancel' ? await cancelTasks(core, message, taskIds) : new Map<string, string>();
  const tasks = await core.db.task.findMany({
    where: { id: { in: taskIds } },
    include: { project: { select: { key: true } } },
  });
  const reasons = await findWaitingReasons(
    core,
    tasks.map(({ id, status, heldBy }) => ({ type: 'task' as const, id, status, heldBy })),
  );
  const waiting = new Map(tasks.map(({ id }, i) => [id, reasons[i] ?? null]));
  const lastNumber = await lastNumberOf(core, message.projectId);
  const lines = said.map((shortId) => {
    const task = tasks.find(({ id }) => id === idByNumber.get(shortId.number));
    if (!task)
      return `**${formatShortId(shortId)}**: there is no such task${shortId.number <= lastNumber ? ' any more' : ''}.`;
    const name = formatShortId({ key: task.project.key, number: task.number });
    const why = refusals.get(task.id) ?? task.blockedReason ?? waiting.get(task.id);
    const state = task.status.replaceAll('_', ' ');
    return `**${name}** ${plain(task.title)}: ${state}${task.agentName ? `, for ${task.agentName}` : ''}.${why ? ` ${plain(why)}` : ''}`;
  });
  return {
    content: lines.length === 1 ? (lines[0] ?? '') : lines.map((line) => `- ${line}`).join('\n'),
    taskIds: taskIds.filter((taskId) => tasks.some(({ id }) => id === taskId)),
  };
}

/** Whether all are called by a key that the project has, or once had: nobody else is ever given it. */
async function areKeysOfProject(core: Core, projectId: string, shortIds: readonly ShortId[]): Promise<boolean> {
  const keys = [...new Set(shortIds.map(({ key }) => key))];
  return (await core.db.projectKey.count({ where: { projectId, key: { in: keys } } })) === keys.length;
}

/** The highest number that a task of the project was ever given. */
async function lastNumberOf(core: Core, projectId: string): Promise<number> {
  const [counter] = await core.db.$queryRaw<{ lastNumber: number }[]>`
    select last_number as "lastNumber" from task_counters where project_id = ${projectId}::uuid`;
  return counter?.lastNumber ?? 0;
}

/** @returns why those that could not be canceled could not */
async function cancelTasks(core: Core, message: Message, taskIds: readonly string[]): Promise<Map<string, string>> {
  const refusals = new Map<string, string>();
  const actor = await authorOf(core, message);
  for (const taskId of taskIds) {
    const task = await core.db.task.findUnique({ where: { id: taskId }, select: { status: true } });
    // One that was deleted meanwhile has no line to be refused in.
    if (!task || task.status === 'canceled') continue;
    try {
      if (!actor) throw new ForbiddenError('Who asked for this has no account here any more.');
      await transitionTask(core, actor, { taskId, to: 'canceled', reason: 'Asked for in the chat.' });
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      refusals.set(taskId, error.message);
    }
  }
  return refusals;
}

/** Who said it, with the rights of now. */
async function authorOf(core: Core, { createdByUserId }: Message): Promise<UserActor | null> {
  const user = createdByUserId ? await core.db.user.findUnique({ where: { id: createdByUserId } }) : null;
  if (!user?.isActive) return null;
  return { kind: 'user', userId: user.id, email: user.email, isAdmin: user.isAdmin, sessionId: '' };
}
