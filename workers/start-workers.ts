import {
  copyStateToGit,
  orchestratorCycle,
  rebuildState,
  transcribe,
  wakeAgent,
  wakeRunners,
} from '#core/jobs/jobs.ts';
import { wakeParkedAgent } from '#core/agents/park-agent.ts';
import { handles, workQueue } from '#core/jobs/work-queue.ts';
import { runCycles } from '#core/cycles/run-cycle.ts';
import type { CycleOptions } from '#core/cycles/run-cycle.ts';
import type { Core } from '#core/platform/core.ts';
import { connectRedis } from '#core/platform/open-core.ts';
import { NO_ENGINES } from '#core/recordings/speech-engine.ts';
import type { SpeechEngines } from '#core/recordings/speech-engine.ts';
import { transcribeRecording } from '#core/recordings/transcribe-recording.ts';
import { wakeDelayedRun } from '#core/runs/wake-delayed-run.ts';
import { copyStateVersions } from '#core/state/copy-to-git.ts';
import { rebuildStaleState } from '#core/state/rebuild-state.ts';
import { startSweeps } from './sweeps.ts';

const CONCURRENCY = 4;

export interface WorkersOptions extends CycleOptions {
  redisUrl: string;
  redisPrefix: string;
  /** What recordings are transcribed with; without any they wait. */
  engines?: SpeechEngines;
}

/**
 * Starts the background work: cycles, copies of the state document, sweeps.
 * @returns ends it after what is under way
 */
export function startWorkers(core: Core, options: WorkersOptions): () => Promise<void> {
  const { redisUrl, redisPrefix: prefix, engines = NO_ENGINES, ...cycle } = options;
  const cyclesOf = (projectId: string) => runCycles(core, projectId, cycle);
  const stop = new AbortController();
  const transcribeOne = oneAtATime((recordingId: string) =>
    transcribeRecording(core, recordingId, { engines, stop: stop.signal }),
  );
  const handlers = [
    handles(orchestratorCycle, async ({ projectId }) => void (await cyclesOf(projectId))),
    handles(rebuildState, ({ projectId }) => rebuildStaleState(core, projectId)),
    handles(copyStateToGit, ({ projectId }) => copyStateVersions(core, projectId)),
    handles(wakeRunners, ({ runId }) => wakeDelayedRun(core, runId)),
    handles(transcribe, ({ recordingId }) => transcribeOne(recordingId)),
    handles(wakeAgent, ({ agentId }) => wakeParkedAgent(core, agentId)),
  ];
  const connections = (['orchestrator', 'maintenance', 'transcription'] as const).map((queue) => {
    const connection = connectRedis(redisUrl, core.logger, { waitsInside: true });
    return {
      connection,
      close: workQueue({
        queue,
        handlers,
        connection,
        prefix,
        concurrency: queue === 'transcription' ? 1 : CONCURRENCY,
        logger: core.logger,
      }),
    };
  });
  const stopSweeps = startSweeps(core, cyclesOf, transcribeOne);
  return async () => {
    stopSweeps();
    stop.abort(new Error('The worker stops'));
    // What the sweep has begun is no job of a queue.
    const transcribed = transcribeOne.idle();
    await Promise.all([transcribed, ...connections.map(({ close }) => close())]);
    for (const { connection } of connections) connection.disconnect();
  };
}

/** Speech takes all of a processor: a process does one of these after the other, whoever asks. */
function oneAtATime(work: (id: string) => Promise<void>) {
  let last: Promise<unknown> = Promise.resolve();
  const next = (id: string): Promise<void> => {
    const done = last.then(() => work(id));
    last = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  };
  return Object.assign(next, { idle: () => last });
}
