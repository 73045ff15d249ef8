import type { RunnerActor } from '#core/access/actor.ts';
import { abortable } from '#core/platform/abortable.ts';
import type { Core } from '#core/platform/core.ts';
import { NO_DETAILS, RUNNERS_CHANNEL } from './commands.ts';
import type { RunnerCommand, RunnerMessage } from './commands.ts';
import { openRequests, requestCommand } from './runner-requests.ts';
import { CLAIMED_STATUSES } from '#core/runs/statuses.ts';

const SAFETY_SWEEP_MS = 30_000;

/**
 * What one runner should hear: that there may be work, that a run is to stop. Each is a wake-up: what is true
 * stands in the rows, and the runner asks for it. Starts with the wake-ups that were said before it listened.
 */
export function followRunnerCommands(core: Core, actor: RunnerActor): AsyncGenerator<RunnerCommand> {
  return abortable((signal) => followUntil(core, actor, signal));
}

async function* followUntil(core: Core, actor: RunnerActor, signal: AbortSignal): AsyncGenerator<RunnerCommand> {
  const listener = core.bus.listen<RunnerMessage>(RUNNERS_CHANNEL);
  signal.addEventListener('abort', () => listener.close());
  const timer = setInterval(() => listener.nudge(), SAFETY_SWEEP_MS);
  const work: RunnerCommand = { ...NO_DETAILS, type: 'work' };
  let { allProjects, projectIds } = actor;
  try {
    yield work;
    for (;;) {
      const { messages, missed, closed } = await listener.take();
      if (closed) return;
      if (missed) {
        yield* await canceledRuns(core, actor);
        yield* await spokenToRuns(core, actor);
        yield* await openRequests(core, actor.runnerId);
        yield work;
      }
      for (const message of messages) {
        if (message.type === 'work') {
          if (allProjects || projectIds.includes(message.projectId)) yield { ...work, projectId: message.projectId };
          continue;
        }
        if (message.runnerId !== actor.runnerId) continue;
        if (message.type === 'cancel')
          yield { ...NO_DETAILS, type: 'cancel', runId: message.runId, reason: message.reason };
        if (message.type === 'input') yield { ...NO_DETAILS, type: 'input', runId: message.runId };
        if (message.type === 'request') yield requestCommand(message);
        if (message.type === 'projects') {
          ({ allProjects, projectIds } = message);
          yield work;
        }
      }
    }
  } finally {
    clearInterval(timer);
    listener.close();
  }
}

async function canceledRuns(core: Core, actor: RunnerActor): Promise<RunnerCommand[]> {
  const runs = await core.db.agentRun.findMany({
    where: { runnerId: actor.runnerId, status: { in: [...CLAIMED_STATUSES] }, cancelRequestedAt: { not: null } },
    select: { id: true, cancelReason: true },
  });
  return runs.map((run) => ({ ...NO_DETAILS, type: 'cancel', runId: run.id, reason: run.cancelReason }));
}

/** Those to which something was said that their runner has not taken. */
async function spokenToRuns(core: Core, actor: RunnerActor): Promise<RunnerCommand[]> {
  const runs = await core.db.agentRun.findMany({
    where: {
      runnerId: actor.runnerId,
      status: { in: [...CLAIMED_STATUSES] },
      inputCount: { gt: core.db.agentRun.fields.inputsTaken },
    },
    select: { id: true },
  });
  return runs.map(({ id }) => ({ ...NO_DETAILS, type: 'input', runId: id }));
}
