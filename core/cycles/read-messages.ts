import type { Request } from '#contract/request.ts';
import type { TaskDefinition } from '#contract/task-definition.ts';
import { tellRead } from '#core/conversations/change-messages.ts';
import { postMessage } from '#core/conversations/post-message.ts';
import type { Core } from '#core/platform/core.ts';
import { eachAlone } from '#core/platform/each-alone.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { newId } from '#core/platform/ids.ts';
import { linkToTasks } from '#core/recordings/recording-tasks.ts';
import { insertTasks } from '#core/tasks/create-task.ts';
import type { Agent, Message } from '#prisma/generated/client/client.ts';
import { answerTalk, answerUnread, answerWithoutTasks, answerWithTasks } from './answer.ts';
import { answerAboutTasks } from './answer-about-tasks.ts';
import type { Planner } from '#core/planner/planner.ts';
import { ORCHESTRATOR } from './orchestrator-actor.ts';
import { isRelayedAsItIs, relayMessage } from '#core/planner/relayer.ts';

/** About four minutes of speech. */
const MAX_ORDER_CHARS = 3_000;

/** A message with the requests that the relayer has found in it; null: it can not be read. */
export interface ReadMessage {
  /** The message's. */
  id: string;
  message: Message;
  requests: Request[] | null;
}

/** Finds what each message asks for. Nothing is written: who is broken off here reads them again. */
export function relayMessages(core: Core, messages: readonly Message[]): ReadMessage[] {
  return messages.map((message) => {
    try {
      const { projectId, id: messageId, content: text, recordingId } = message;
      const requests = relayMessage({ projectId, messageId, recordingId, source: sourceOf(message), text, newId });
      return { id: messageId, message, requests };
    } catch (error) {
      core.logger.error({ err: error, messageId: message.id }, 'A message can not be read; it is answered so');
      return { id: message.id, message, requests: null };
    }
  });
}

/**
 * Makes the tasks of each message and answers it, in one transaction a message: a cycle that is broken off has
 * either done all of that or nothing. A message with which that fails is marked as read and answered so: it must not
 * stop the others, nor what comes after them.
 * @returns how many tasks were made, and how many messages could not be read
 */
export async function planMessages(
  core: Core,
  planner: Planner,
  agents: Agent[],
  messages: readonly ReadMessage[],
): Promise<{ tasks: number; unread: number }> {
  let tasks = 0;
  const read = messages.filter(({ requests }) => requests !== null);
  const failed = await eachAlone(core, 'to plan a message', read, async ({ message, requests }) => {
    if (isTalk(message)) return inTransaction(core, (tx) => answerWith(tx, message, answerTalk()));
    const said = await answerAboutTasks(core, message);
    if (said) {
      await inTransaction(core, async (tx) => {
        // One that is deleted right now can not be linked.
        const taskIds = await keepTasks(tx, said.taskIds);
        await answerOnce(tx, message, async () => {
          await postAnswer(tx, message, said.content, taskIds);
          return [];
        });
      });
      return;
    }
    const plan = await planRequests(core, planner, requests ?? [], agents);
    tasks += await inTransaction(core, (tx) => answer(tx, message, plan, agents));
  });
  const unread = messages.filter((item) => item.requests === null || failed.includes(item));
  for (const { message } of unread) await inTransaction(core, (tx) => answerWith(tx, message, answerUnread()));
  return { tasks, unread: unread.length };
}

interface Plan {
  definitions: TaskDefinition[];
  requests: Request[];
  /** Those that the planner failed with; the others are planned all the same. */
  unplanned: Request[];
}

async function planRequests(core: Core, planner: Planner, requests: Request[], agents: Agent[]): Promise<Plan> {
  if (requests.length === 0) return { definitions: [], requests, unplanned: [] };
  try {
    return { definitions: await planner.plan(requests, { agents }), requests, unplanned: [] };
  } catch (error) {
    core.logger.warn({ err: error, requests: requests.length }, 'A plan failed; its requests are planned one by one');
  }
  const definitions: TaskDefinition[] = [];
  const unplanned = await eachAlone(core, 'to plan a request', requests, async (request) =>
    definitions.push(...(await planner.plan([request], { agents }))),
  );
  return { definitions, requests: requests.filter((request) => !unplanned.includes(request)), unplanned };
}

/** @returns how many tasks were made; none when somebody was faster */
async function answer(tx: Tx, message: Message, plan: Plan, agents: Agent[]): Promise<number> {
  const { definitions, unplanned } = plan;
  const made = await answerOnce(tx, message, async () => {
    await insertRequests(tx, message, plan.requests);
    const tasks = await insertTasks(
      tx,
      ORCHESTRATOR,
      definitions.map((definition) => taskOf(message, definition, agents)),
    );
    const taskIds = tasks.map((task) => task.id);
    const content =
      definitions.length + unplanned.length > 0
        ? answerWithTasks(definitions, unplanned, isRelayedAsItIs(message.content))
        : await answerWithoutTasks(tx.db, message);
    await postAnswer(tx, message, content, taskIds);
    if (taskIds.length > 0)
      await tx.db.messageTask.createMany({ data: taskIds.map((taskId) => ({ messageId: message.id, taskId })) });
    if (message.recordingId !== null) await linkToTasks(tx, message.recordingId, taskIds);
    return taskIds;
  });
  return made ?? 0;
}

/** Answers a message that leads to nothing. */
async function answerWith(tx: Tx, message: Message, content: string): Promise<void> {
  await answerOnce(tx, message, async () => {
    await postAnswer(tx, message, content, []);
    return [];
  });
}

/** A recording of a meeting or of thoughts, and no order: people say in minutes what they want done. */
function isTalk({ recordingId, content }: Message): boolean {
  return recordingId !== null && content.length > MAX_ORDER_CHARS;
}

/**
 * Whoever marks a message as read answers it, once, and tells that it was.
 * @param work makes the answer; the tasks that the message has led to
 * @returns how many those are; null: somebody was faster
 */
async function answerOnce(tx: Tx, message: Message, work: () => Promise<string[]>): Promise<number | null> {
  const [marked] = await tx.db.$queryRaw<{ at: Date; taskIds: string[] }[]>`
    update messages m set ingested_at = clock_timestamp() where id = ${message.id}::uuid and ingested_at is null
    returning ingested_at as at, array(select task_id::text from message_tasks l where l.message_id = m.id) as "taskIds"`;
  if (!marked) return null;
  const made = await work();
  tellRead(tx, message, marked.at, [...marked.taskIds, ...made]);
  return made.length;
}

/** Takes the place of what an earlier version of this product has left of a cycle that was broken off. */
async function insertRequests(tx: Tx, message: Message, requests: readonly Request[]): Promise<void> {
  if (requests.length === 0) return;
  const rows = requests.map((request, ordinal) => ({ id: request.id, ordinal, content: request }));
  await tx.db.$executeRaw`
    insert into requests (id, project_id, message_id, ordinal, content)
    select row.id, ${message.projectId}::uuid, ${message.id}::uuid, row.ordinal, row.content
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row(id uuid, ordinal int, content jsonb)
    on conflict (message_id, ordinal) do update set id = excluded.id, content = excluded.content`;
}

const sourceOf = ({ recordingId }: Message): 'chat' | 'voice' => (recordingId === null ? 'chat' : 'voice');

function taskOf(message: Message, definition: TaskDefinition, agents: readonly Agent[]) {
  const agent = agents.find((candidate) => candidate.name === definition.agent.name);
  const { requestId, title, description, acceptanceCriteria, type, priority } = definition;
  return {
    projectId: message.projectId,
    title,
    description,
    acceptanceCriteria,
    type,
    priority,
    requestedBy: sourceOf(message),
    parentTaskId: null,
    requestId,
    // A disabled agent is never assigned; its name stays, and scheduling says why the task is blocked.
    agentId: agent?.isEnabled ? agent.id : null,
    agentName: definition.agent.name,
    agentReason: definition.agent.why,
  };
}

/** @returns those that there are, and that stay to the end of the transaction, in the same order */
async function keepTasks(tx: Tx, taskIds: readonly string[]): Promise<string[]> {
  const rows = await tx.db.$queryRaw<{ id: string }[]>`
    select id from tasks where id = any(${[...taskIds]}::uuid[]) order by id for key share`;
  return taskIds.filter((taskId) => rows.some(({ id }) => id === taskId));
}

async function postAnswer(tx: Tx, message: Message, content: string, relatedTaskIds: string[]): Promise<void> {
  await postMessage(tx, {
    projectId: message.projectId,
    conversationId: message.conversationId,
    role: 'orchestrator',
    content,
    contentFormat: 'markdown',
    relatedTaskIds,
    answersId: message.id,
  });
}
