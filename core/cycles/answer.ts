import { cutText } from '#contract/cut-text.ts';
import type { Request } from '#contract/request.ts';
import type { TaskDefinition } from '#contract/task-definition.ts';
import type { Queryable } from '#core/platform/db.ts';
import type { Message } from '#prisma/generated/client/client.ts';

const MAX_QUOTED_CHARS = 300;

/**
 * What the orchestrator says of the tasks it made: what, how urgent, for whom and why, and when it counts as done.
 * @param isAsItIs nobody has read the message: it is the task
 * @param unplanned what was asked for as well, and no task was made of because planning it failed
 */
export function answerWithTasks(
  definitions: TaskDefinition[],
  unplanned: readonly Request[],
  isAsItIs: boolean,
): string {
  const head = isAsItIs
    ? 'I understand English only so far, so I made one task of that with the text as it is. Look at its type, its priority and its agent:'
    : definitions.length === 1
      ? 'I made one task of that:'
      : `I made ${definitions.length} tasks of that:`;
  const items = definitions.map((definition, i) => {
    const { title, type, priority, agent, acceptanceCriteria } = definition;
    const criteria = acceptanceCriteria.map((criterion) => `\n   - ${plain(criterion)}`).join('');
    return `${i + 1}. **${plain(title)}** (${type.replaceAll('_', ' ')}, priority ${priority}, for ${agent.name}: ${plain(agent.why)})${criteria}`;
  });
  const left = unplanned.map(({ text }) => `- ${plain(cutText(text, MAX_QUOTED_CHARS, '…'))}`);
  return [
    ...(items.length > 0 ? [head, '', ...items] : []),
    ...(left.length > 0
      ? [...(items.length > 0 ? [''] : []), 'I could not plan this. Say it in other words:', '', ...left]
      : []),
  ].join('\n');
}

/** Something in it was too much for us; the log says what. */
export function answerUnread(): string {
  return 'I could not read this message, so no task was made of it. Say it in other words, or in several messages.';
}

/** Hours of talk would become fifty tasks, and as many agents at work, that nobody has asked for. */
export function answerTalk(): string {
  return 'That is a long recording, so I made no task of it by myself. Open it to make a task of it, or tell me what you would like to have done.';
}

/** What is running is a question with an answer; for small talk it is enough to say that no task was made. */
export async function answerWithoutTasks(db: Queryable, message: Message): Promise<string> {
  if (!message.content.includes('?'))
    return 'I found nothing to do in that, so I made no task. What would you like to have done? Say it in other words, or make it a task as it is.';
  const groups = await db.task.groupBy({
    by: ['status'],
    where: { projectId: message.projectId, status: { notIn: ['done', 'canceled'] } },
    _count: true,
  });
  if (groups.length === 0) return 'No task made of that. Nothing is open at the moment.';
  const states = groups.map((group) => `${group._count} ${group.status.replaceAll('_', ' ')}`).join(', ');
  const running = await db.task.findMany({
    where: { projectId: message.projectId, status: 'in_progress' },
    orderBy: { updatedAt: 'desc' },
    take: 5,
    select: { title: true, agentName: true },
  });
  const list = running.map((task) => `\n- ${plain(task.title)} (${task.agentName ?? 'no agent'})`).join('');
  return `No task made of that. Open at the moment: ${states}.${list ? `\n\nRunning now:${list}` : ''}`;
}

/** People's words inside our markdown stay words. */
export function plain(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>]/g, '\\$&');
}
