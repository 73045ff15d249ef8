import { z } from 'zod';
import { cutText } from '#contract/cut-text.ts';
import { taskRef } from '#contract/fields.ts';
import { MAX_DESCRIPTION_CHARS } from '#contract/limits.ts';
import type { Actor } from '#core/access/actor.ts';
import { requireProject } from '#core/access/permissions.ts';
import { requestCycle } from '#core/cycles/request-cycle.ts';
import { ConflictError, NotFoundError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { recordingUpdated } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { titleOfWords } from '#core/planner/verbatim.ts';
import { insertTask } from '#core/tasks/create-task.ts';
import { findTaskId } from '#core/tasks/find-task.ts';
import type { Recording, Task } from '#prisma/generated/client/client.ts';
import { lockRecording } from './find-recording.ts';
import { tellRecording } from './tell-recording.ts';

const Link = z.strictObject({ recordingId: z.string(), taskId: taskRef });
const Make = z.strictObject({ recordingId: z.string() });

/** Says that a recording is about a task of its project; saying it again is no error. @throws NotFoundError, ForbiddenError */
export async function linkRecording(core: Core, actor: Actor, input: z.input<typeof Link>): Promise<Recording> {
  return changeLink(core, actor, input, async (tx, link) => {
    await tx.db.recordingTask.createMany({ data: [link], skipDuplicates: true });
  });
}

/** Says that a recording is not about a task. @throws NotFoundError, ForbiddenError */
export async function unlinkRecording(core: Core, actor: Actor, input: z.input<typeof Link>): Promise<Recording> {
  return changeLink(core, actor, input, async (tx, link) => {
    await tx.db.recordingTask.deleteMany({ where: link });
  });
}

async function changeLink(
  core: Core,
  actor: Actor,
  input: z.input<typeof Link>,
  change: (tx: Tx, link: { recordingId: string; taskId: string }) => Promise<void>,
): Promise<Recording> {
  const { recordingId, taskId: said } = parseInput(Link, input);
  return inTransaction(core, async (tx) => {
    const { projectId } = await lockRecording(tx, actor, recordingId);
    const taskId = await findTaskId(tx.db, said);
    const task = taskId === null ? null : await tx.db.task.findFirst({ where: { id: taskId, projectId } });
    if (!task) throw new NotFoundError('task', said);
    await change(tx, { recordingId, taskId: task.id });
    return tellLinked(tx, recordingId);
  });
}

/** Links a recording to the tasks that came of it; one that was deleted since is not there to be linked. */
export async function linkToTasks(tx: Tx, recordingId: string, taskIds: readonly string[]): Promise<void> {
  if (taskIds.length === 0) return;
  const found = await tx.db.$queryRaw<object[]>`
    select 1 from recordings where id = ${recordingId}::uuid for no key update`;
  if (found.length === 0) return;
  await tx.db.recordingTask.createMany({ data: taskIds.map((taskId) => ({ recordingId, taskId })) });
  await tellLinked(tx, recordingId);
}

/** A link changes no column of the recording, but what its readers see of it. */
async function tellLinked(tx: Tx, recordingId: string): Promise<Recording> {
  await tx.db.$executeRaw`update recordings set part_count = part_count where id = ${recordingId}::uuid`;
  const recording = await tx.db.recording.findUniqueOrThrow({ where: { id: recordingId } });
  tellRecording(tx, recordingUpdated, recording);
  return recording;
}

/**
 * Makes one task of a transcript, as it is. The next cycle finds its agent.
 * @throws NotFoundError, ForbiddenError, ConflictError when there is no transcript
 */
export async function makeTaskOfRecording(
  core: Core,
  actor: Actor,
  input: z.input<typeof Make>,
): Promise<{ task: Task; recording: Recording }> {
  const { recordingId } = parseInput(Make, input);
  return inTransaction(core, async (tx) => {
    const { projectId, transcriptText } = await lockRecording(tx, actor, recordingId);
    await requireProject(tx.db, actor, projectId, 'task:write');
    if (transcriptText === null) throw new ConflictError('There is no transcript to make a task of yet.');
    const task = await insertTask(tx, actor, {
      projectId,
      title: titleOfWords(transcriptText),
      description: cutText(transcriptText, MAX_DESCRIPTION_CHARS, '…'),
      acceptanceCriteria: [],
      type: 'code_change',
      priority: 3,
      agentId: null,
      requestedBy: 'voice',
      parentTaskId: null,
      agentName: null,
      agentReason: null,
      requestId: null,
    });
    await tx.db.recordingTask.create({ data: { recordingId, taskId: task.id } });
    const recording = await tellLinked(tx, recordingId);
    await requestCycle(tx, projectId, 'incremental', 'task_created');
    return { task, recording };
  });
}
