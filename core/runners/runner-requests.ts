import type { RunnerActor } from '#core/access/actor.ts';
import { ConflictError } from '#core/errors/errors.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import { newId } from '#core/platform/ids.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { NO_DETAILS, RUNNERS_CHANNEL } from './commands.ts';
import type { RunnerCommand, RunnerMessage, RunnerRequestKind } from './commands.ts';

/** Told when a runner has answered, so that whoever waits looks at the row. */
const ANSWERS_CHANNEL = 'runners:answers';
/** What a person waits for a machine to look at its disk. Below EXECUTION_TIMEOUT_MS: the answer must still get out. */
const ANSWER_MS = 8_000;
/** How often the row is looked at while Redis tells nothing. */
const LOOK_MS = 500;
const MAX_OPEN_REQUESTS = 50;

export interface NewRunnerRequest {
  runnerId: string;
  kind: RunnerRequestKind;
  subject: string | null;
}

/**
 * Asks a runner for something and waits for its answer. The row is the request; messages are wake-ups.
 * @returns the answer as the runner's command stored it; null when none came in time
 * @throws ConflictError when the runner has too many questions already
 */
export async function askRunner(
  core: Core,
  { runnerId, kind, subject }: NewRunnerRequest,
  timeoutMs = ANSWER_MS,
): Promise<unknown> {
  const id = newId();
  await core.db.runnerRequest.deleteMany({ where: { runnerId, createdAt: { lt: await msAgo(core, 10 * ANSWER_MS) } } });
  if ((await core.db.runnerRequest.count({ where: { runnerId, answeredAt: null } })) >= MAX_OPEN_REQUESTS) {
    throw new ConflictError('The runner has not answered the last questions yet. Try again in a minute.');
  }
  const listener = core.bus.listen<{ requestId: string }>(ANSWERS_CHANNEL);
  const timer = setInterval(() => listener.nudge(), LOOK_MS);
  const end = performance.now() + timeoutMs;
  try {
    await core.db.runnerRequest.create({ data: { id, runnerId, kind, subject } });
    core.bus.publish(RUNNERS_CHANNEL, {
      type: 'request',
      runnerId,
      requestId: id,
      kind,
      subject,
    } satisfies RunnerMessage);
    for (;;) {
      const { messages, missed, closed } = await listener.take();
      if (missed || messages.some(({ requestId }) => requestId === id)) {
        const row = await core.db.runnerRequest.findUnique({ where: { id } });
        if (row?.answeredAt) return row.answer;
      }
      if (closed || performance.now() > end) return null;
    }
  } finally {
    clearInterval(timer);
    listener.close();
    await core.db.runnerRequest.deleteMany({ where: { id } });
  }
}

/** Stores a runner's answer. One to a question that nobody waits for any more, or of another runner, changes nothing. */
export async function answerRequest(
  tx: Tx,
  actor: RunnerActor,
  requestId: string,
  answer: object,
): Promise<{ subject: string | null } | null> {
  const request = await tx.db.runnerRequest.findFirst({
    where: { id: requestId, runnerId: actor.runnerId, answeredAt: null },
  });
  if (!request) return null;
  await tx.db.runnerRequest.update({
    where: { id: requestId },
    data: { answer, answeredAt: await databaseNow(tx.db) },
  });
  tx.publish(ANSWERS_CHANNEL, { requestId });
  return request;
}

/** The questions that a runner may have missed while it was away, as it hears them. */
export async function openRequests(core: Core, runnerId: string): Promise<RunnerCommand[]> {
  const rows = await core.db.runnerRequest.findMany({
    where: { runnerId, answeredAt: null, createdAt: { gt: await msAgo(core, ANSWER_MS) } },
    orderBy: { createdAt: 'asc' },
    take: MAX_OPEN_REQUESTS,
  });
  return rows.map(({ id, kind, subject }) =>
    requestCommand({ requestId: id, kind: kind as RunnerRequestKind, subject }),
  );
}

export function requestCommand({
  requestId,
  kind,
  subject,
}: {
  requestId: string;
  kind: RunnerRequestKind;
  subject: string | null;
}): RunnerCommand {
  return {
    ...NO_DETAILS,
    type: kind,
    requestId,
    path: kind === 'check' ? subject : null,
    name: kind === 'remove_work_folder' ? subject : null,
  };
}

async function msAgo(core: Core, ms: number): Promise<Date> {
  return new Date((await databaseNow(core.db)).getTime() - ms);
}
