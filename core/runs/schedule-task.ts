import type { Actor } from '#core/access/actor.ts';
import { ConflictError } from '#core/errors/errors.ts';
import { isUniqueViolation } from '#core/errors/prisma-errors.ts';
import { runCreated } from '#core/events/catalogue.ts';
import { wakeRunners } from '#core/jobs/jobs.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { newId } from '#core/platform/ids.ts';
import { announceWork } from '#core/runners/commands.ts';
import { changeTaskStatus } from '#core/tasks/change-status.ts';
import type { AgentRun, Prisma, RunKind, Task } from '#prisma/generated/client/client.ts';
import { agentBlockReason } from './agent-block-reason.ts';
import { branchToContinue } from './branch-to-continue.ts';
import { isLive } from './statuses.ts';

/**
 * Makes the next attempt of a queued task pending. The task stays queued until a runner claims it. A missing or disabled agent blocks it, with the reason; a held task stays as it is.
 * @param delayMs backoff before the attempt may be claimed
 */
export async function scheduleTask(
  tx: Tx,
  actor: Actor,
  task: Task,
  { delayMs = 0 }: { delayMs?: number } = {},
): Promise<Task> {
  // Whoever stopped it has not started it again.
  if (task.heldBy) return task;
  const agent = task.agentId ? await tx.db.agent.findUnique({ where: { id: task.agentId } }) : null;
  if (!agent?.isEnabled) {
    const name = agent?.name ?? task.agentName;
    const known =
      agent ??
      (name ? await tx.db.agent.findUnique({ where: { projectId_name: { projectId: task.projectId, name } } }) : null);
    return changeTaskStatus(tx, actor, task, { to: 'blocked', why: agentBlockReason(name, known !== null) });
  }
  await scheduleTasks(tx, [task], delayMs);
  return task;
}

/**
 * The same for several tasks of a project whose agents are known and enabled, in as many statements as for one.
 * @throws ConflictError when one of them has a live run already
 */
export async function scheduleTasks(tx: Tx, tasks: readonly Task[], delayMs = 0): Promise<void> {
  const wanted: WantedRun[] = [];
  if (tasks.length === 0) return;
  const last = await lastAttempts(
    tx,
    tasks.map(({ id }) => id),
    'task',
  );
  for (const task of tasks) {
    if (task.agentId === null) throw new Error(`Expected the task ${task.id} to have an agent, found none`);
    const startFromBranch = await branchToContinue(tx, task.id, last.get(task.id));
    wanted.push({ task, agentId: task.agentId, last: last.get(task.id), fields: { startFromBranch } });
  }
  await insertRuns(tx, 'task', wanted, delayMs);
}

/**
 * Adds a pending run and tells the runners of it.
 * @throws ConflictError when the task has a live run of this kind already
 */
export async function createRun(
  tx: Tx,
  task: Task,
  kind: RunKind,
  agentId: string,
  options: { delayMs?: number; fields?: Partial<Prisma.AgentRunUncheckedCreateInput> } = {},
): Promise<AgentRun> {
  const { delayMs = 0, fields = {} } = options;
  const last = (await lastAttempts(tx, [task.id], kind)).get(task.id);
  const [run] = await insertRuns(tx, kind, [{ task, agentId, last, fields }], delayMs);
  if (!run) throw new Error('Expected the run that was added, found none');
  return run;
}

type Attempt = Pick<AgentRun, 'id' | 'taskId' | 'attempt' | 'status' | 'branch' | 'headCommit' | 'startFromBranch'>;

interface WantedRun {
  task: Task;
  agentId: string;
  last: Attempt | undefined;
  fields: Partial<Prisma.AgentRunUncheckedCreateInput>;
}

/** The next attempt is made when the one before it has ended, so a live one is the last. */
async function lastAttempts(tx: Tx, taskIds: readonly string[], kind: RunKind): Promise<Map<string, Attempt>> {
  const rows = await tx.db.$queryRaw<(Attempt & { taskId: string })[]>`
    select distinct on (task_id) id, task_id as "taskId", attempt, status, branch, head_commit as "headCommit", start_from_branch as "startFromBranch"
      from agent_runs where task_id = any(${taskIds}::uuid[]) and kind = ${kind}::run_kind order by task_id, attempt desc`;
  return new Map(rows.map((row) => [row.taskId, row]));
}

async function insertRuns(tx: Tx, kind: RunKind, wanted: readonly WantedRun[], delayMs: number): Promise<AgentRun[]> {
  const live = wanted.find(({ last }) => last && isLive(last));
  if (live) throw new ConflictError(`This task already has a live ${kind} run.`, live.last?.id);
  const notBefore = delayMs > 0 ? new Date((await databaseNow(tx.db)).getTime() + delayMs) : null;
  const rows = await tx.db.agentRun
    .createManyAndReturn({
      data: wanted.map(({ task, agentId, last, fields }) => ({
        id: newId(),
        projectId: task.projectId,
        agentId,
        taskId: task.id,
        kind,
        attempt: (last?.attempt ?? 0) + 1,
        status: 'pending' as const,
        notBefore,
        ...fields,
      })),
    })
    .catch((error: unknown) => {
      throw isUniqueViolation(error) ? new ConflictError(`This task already has a live ${kind} run.`) : error;
    });
  const runs = wanted.map(({ task }) => {
    const run = rows.find(({ taskId }) => taskId === task.id);
    if (!run) throw new Error(`Expected the run of the task ${task.id}, found none`);
    return run;
  });
  for (const run of runs)
    tx.emit(runCreated, {
      projectId: run.projectId,
      entityId: run.id,
      patch: {
        agentId: run.agentId,
        taskId: run.taskId,
        kind,
        attempt: run.attempt,
        status: 'pending',
        createdAt: run.createdAt.toISOString(),
      },
    });
  if (delayMs > 0) for (const { id } of runs) tx.enqueue(wakeRunners, { runId: id }, { delayMs });
  else for (const projectId of new Set(runs.map((run) => run.projectId))) announceWork(tx, projectId);
  return runs;
}
