import type { ApiContext } from '#api/context.ts';
import { laneFeed } from '#api/fan-out/lane-feed.ts';
import { projectScope } from '#core/access/permissions.ts';
import { NotFoundError } from '#core/errors/errors.ts';
import { abortable, oneByOne } from '#core/platform/abortable.ts';
import { isUuid } from '#core/platform/ids.ts';
import { followRunnerCommands } from '#core/runners/follow-commands.ts';
import type { RunnerCommand } from '#core/runners/commands.ts';
import type { ActivityBatch } from '#core/runs/append-activity.ts';
import type { LogBatch } from '#core/runs/append-logs.ts';
import { activityLane } from '#core/runs/follow-activity.ts';
import type { Lane, NumberedBatch } from '#core/runs/follow-lane.ts';
import { logLane } from '#core/runs/follow-logs.ts';
import { actorOf, builder, runnerOf } from './builder.ts';
import { RunnerCommandTypeEnum } from './enums.ts';
import { RunActivityBatchType } from './run-activity.ts';
import { RunLogBatchType } from './runs.ts';

builder.subscriptionField('runLog', (t) =>
  t.field({
    type: RunLogBatchType,
    description:
      'The lines of a run after a number, stored ones first, then live; ends when the run has ended and its last line was sent. That of a lost run stays open for half an hour: its runner may still bring the tail.',
    authScopes: { signedIn: true },
    args: {
      runId: t.arg.id({ required: true, description: 'The run.' }),
      afterSeq: t.arg.int({ description: 'The last line you have; -1 (the default) for all.' }),
    },
    subscribe: (_root, { runId, afterSeq }, context) => followLane(context, 'log', logLane, runId, afterSeq),
    resolve: (batch: LogBatch) => batch,
  }),
);
builder.subscriptionField('runActivity', (t) =>
  t.field({
    type: RunActivityBatchType,
    description:
      'What the agent of a run does, after a number: stored entries first, then live; ends when the run has ended and its last entry was sent. That of a lost run stays open as its log does.',
    authScopes: { signedIn: true },
    args: {
      runId: t.arg.id({ required: true, description: 'The run.' }),
      afterSeq: t.arg.int({ description: 'The last entry you have; -1 (the default) for all.' }),
    },
    subscribe: (_root, { runId, afterSeq }, context) => followLane(context, 'activity', activityLane, runId, afterSeq),
    resolve: (batch: ActivityBatch) => batch,
  }),
);

async function followLane<Batch extends NumberedBatch>(
  context: ApiContext,
  name: 'log' | 'activity',
  lane: Lane<Batch>,
  runId: string,
  afterSeq: number | null | undefined,
): Promise<AsyncGenerator<Batch>> {
  const run = isUuid(runId)
    ? await context.core.db.agentRun.findFirst({
        where: { id: runId, project: projectScope(actorOf(context)) },
        select: { projectId: true },
      })
    : null;
  if (!run) throw new NotFoundError('run', runId);
  const next = BigInt(Math.max(-1, afterSeq ?? -1) + 1);
  const feed = laneFeed(context.core, name, lane, runId);
  const batches = context.followShared?.(feed, next, context) ?? oneByOne(feed.follow(next));
  return context.rights.whileAllowed(actorOf(context), run.projectId, batches);
}

const RunnerCommandType = builder.objectRef<RunnerCommand>('RunnerCommand').implement({
  description: 'A wake-up for a runner; what is true it asks for.',
  fields: (t) => ({
    type: t.expose('type', { type: RunnerCommandTypeEnum, description: 'What to do.' }),
    runId: t.exposeID('runId', {
      nullable: true,
      description: 'CANCEL: the run to stop. INPUT: the run that something was said to.',
    }),
    reason: t.exposeString('reason', { nullable: true, description: 'CANCEL: why, as a run reason in lower_snake.' }),
    requestId: t.exposeID('requestId', {
      nullable: true,
      description: 'LOOK, CHECK, REMOVE_WORK_FOLDER: said with the answer.',
    }),
    path: t.exposeString('path', { nullable: true, description: 'CHECK: the path to look at.' }),
    name: t.exposeString('name', { nullable: true, description: 'REMOVE_WORK_FOLDER: the folder.' }),
  }),
});
builder.subscriptionField('runnerCommands', (t) =>
  t.field({
    type: RunnerCommandType,
    description: 'For runners: says when there may be work and what to stop. Being subscribed is being online.',
    authScopes: { runner: true },
    subscribe: (_root, _args, context) => {
      const runner = runnerOf(context);
      const leave = context.presence.join(runner.runnerId);
      const commands = followRunnerCommands(context.core, runner);
      return abortable(async function* (signal) {
        signal.addEventListener('abort', () => {
          leave();
          void commands.return(undefined);
        });
        try {
          yield* commands;
        } finally {
          // Also when the commands break: a runner that hears nothing is not online.
          leave();
        }
      });
    },
    resolve: (command: RunnerCommand) => command,
  }),
);
