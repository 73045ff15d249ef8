import { Request } from '#contract/request.ts';
import { parseContract } from '#contract/parse.ts';
import type { TaskDefinition } from '#contract/task-definition.ts';
import { postMessage } from '#core/conversations/post-message.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { insertTask } from '#core/tasks/create-task.ts';
import type { Agent, Message, Task } from '#prisma/generated/client/client.ts';
import { answerWithoutTasks, answerWithTasks } from './answer.ts';
import type { Planner } from './planner.ts';
import { ORCHESTRATOR } from './orchestrator-actor.ts';

/**
 * Makes the tasks of each message and answers it, in one transaction a message: a cycle that is broken off has
 * either done all of that or nothing, and unique request_id and answers_id hold even then.
 * @returns how many tasks were made
 */
export async function planMessages(
  core: Core,
  planner: Planner,
  projectId: string,
  messages: Message[],
): Promise<number> {
  if (messages.length === 0) return 0;
  const agents = await core.db.agent.findMany({ where: { projectId } });
  let made = 0;
  for (const message of messages) {
    const rows = await core.db.request.findMany({
      where: { messageId: message.id, task: null },
      orderBy: { ordinal: 'asc' },
    });
    const requests = rows.map((row) => parseContract('Request', Request, row.content));
    const definitions = requests.length > 0 ? await planner.plan(requests, { agents }) : [];
    made += await inTransaction(core, async (tx) => {
      const open = await tx.db.message.updateMany({
        where: { id: message.id, ingestedAt: null },
        data: { ingestedAt: await databaseNow(tx.db) },
      });
      if (open.count === 0) return 0;
      const tasks: Task[] = [];
      for (const definition of definitions) tasks.push(await taskOf(tx, projectId, definition, agents));
      await answer(tx, message, definitions, tasks);
      return tasks.length;
    });
  }
  return made;
}

async function taskOf(tx: Tx, projectId: string, definition: TaskDefinition, agents: Agent[]): Promise<Task> {
  const agent = agents.find((candidate) => candidate.name === definition.agent.name);
  const { requestId, title, description, acceptanceCriteria, type, priority } = definition;
  return insertTask(tx, ORCHESTRATOR, {
    projectId,
    title,
    description,
    acceptanceCriteria,
    type,
    priority,
    requestedBy: 'chat',
    parentTaskId: null,
    requestId,
    // A disabled agent is never assigned; its name stays, and scheduling says why the task is blocked.
    agentId: agent?.isEnabled ? agent.id : null,
    agentName: definition.agent.name,
    agentReason: definition.agent.why,
  });
}

async function answer(tx: Tx, message: Message, definitions: TaskDefinition[], tasks: Task[]): Promise<void> {
  const content = tasks.length > 0 ? answerWithTasks(definitions) : await answerWithoutTasks(tx.db, message);
  await postMessage(tx, {
    projectId: message.projectId,
    conversationId: message.conversationId,
    role: 'orchestrator',
    content,
    contentFormat: 'markdown',
    relatedTaskIds: tasks.map((task) => task.id),
    answersId: message.id,
  });
  if (tasks.length > 0)
    await tx.db.messageTask.createMany({
      data: tasks.map((task) => ({ messageId: message.id, taskId: task.id })),
      skipDuplicates: true,
    });
}
