import type { TaskDefinition } from '#contract/task-definition.ts';
import type { Queryable } from '#core/platform/db.ts';
import type { Message } from '#prisma/generated/client/client.ts';

/** What the orchestrator says of the tasks it made: what, how urgent, for whom and why, and when it counts as done. */
export function answerWithTasks(definitions: TaskDefinition[]): string {
  const head = definitions.length === 1 ? 'I made one task of that:' : `I made ${definitions.length} tasks of that:`;
  const items = definitions.map((definition, i) => {
    const { title, type, priority, agent, acceptanceCriteria } = definition;
    const criteria = acceptanceCriteria.map((criterion) => `\n   - ${plain(criterion)}`).join('');
    return `${i + 1}. **${plain(title)}** (${type.replaceAll('_', ' ')}, priority ${priority}, for ${agent.name}: ${plain(agent.why)})${criteria}`;
  });
  return [head, '', ...items].join('\n');
}

/** What is running is a question with an answer; for small talk it is enough to say that no task was made. */
export async function answerWithoutTasks(db: Queryable, message: Message): Promise<string> {
  if (!message.content.includes('?')) return 'No task made of that. Say what you want done, and I plan it.';
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
function plain(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>]/g, '\\$&');
}
