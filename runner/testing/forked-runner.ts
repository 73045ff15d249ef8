import type { RunSpec } from '#contract/run-spec.ts';
import { ActivityGapError } from '../activity/activity-pump.ts';
import {
  LeaseLostError,
  TransientError,
  type ControlPlane,
  type RunnerCommand,
} from '../control-plane/control-plane.ts';
import type { LandingStep } from '../execution/landing-order.ts';
import { fixedPolicies } from '../execution/policies.ts';
import { RunnerPolicy } from '../execution/policy.ts';
import { LogGapError } from '../logs/log-pump.ts';
import { Runner } from '../runner.ts';
import { silentLogger } from './silent-logger.ts';

/** A runner in a process of its own, to be killed; the test answers for the control plane over IPC. */
export interface ForkedCall {
  id: number;
  method: string;
  args: unknown[];
}
export interface ForkedAnswer {
  id: number;
  value?: unknown;
  error?: { name: string; message: string; expectedSeq?: number };
}
export interface ForkedOptions {
  folder: string;
  policy: unknown;
  keeperFile: string;
  /** In Git's place. */
  gitFile?: string;
  /** Between two steps of a merge, this signal comes, once. */
  stopAt?: { step: LandingStep; signal: 'SIGKILL' | 'SIGSTOP' };
}

const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
let lastId = 0;

function call<T>(method: string, ...args: unknown[]): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    lastId += 1;
    waiting.set(lastId, { resolve, reject });
    process.send?.({ id: lastId, method, args } satisfies ForkedCall);
  });
}

process.on('message', ({ id, value, error }: ForkedAnswer) => {
  const call = waiting.get(id);
  waiting.delete(id);
  if (!error) call?.resolve(value as never);
  else if (error.name === 'LogGapError') call?.reject(new LogGapError(error.expectedSeq ?? 0));
  else if (error.name === 'ActivityGapError') call?.reject(new ActivityGapError(error.expectedSeq ?? 0));
  else if (error.name === 'LeaseLostError') call?.reject(new LeaseLostError('', error.message));
  else call?.reject(new TransientError(error.message));
});

const controlPlane: ControlPlane = {
  register: (advert) => call('register', advert),
  claim: (claimId) => call<RunSpec | null>('claim', claimId),
  renew: (leases) => call('renew', leases),
  appendLogs: (lease, batch) => call('appendLogs', lease, batch),
  appendActivity: (lease, batch) => call('appendActivity', lease, batch),
  uploadArtifact: (lease, artifact) => call('uploadArtifact', lease, artifact),
  complete: (lease, result) => call('complete', lease, result),
  requestLanding: (lease, commits) => call('requestLanding', lease, commits),
  reportLanding: (lease, outcome) => call('reportLanding', lease, outcome),
  reportRepositories: (report, requestId) => call('reportRepositories', report, requestId),
  reportPrograms: (report) => call('reportPrograms', report),
  answerRepositoryCheck: (requestId, check) => call('answerRepositoryCheck', requestId, check),
  reportWorkFolders: (report, requestId) => call('reportWorkFolders', report, requestId),
  async *commands(): AsyncGenerator<RunnerCommand> {
    yield { type: 'connected' };
    await new Promise(() => undefined);
  },
};

// Not longer than the test that started it.
process.on('disconnect', () => process.exit(1));

const { folder, policy, keeperFile, gitFile, stopAt } = JSON.parse(process.argv[2] ?? '{}') as ForkedOptions;
let hasStopped = false;
await new Runner({
  folder,
  policies: fixedPolicies(RunnerPolicy.parse(policy)),
  controlPlane,
  keeperArgs: [keeperFile],
  gitFile: gitFile ?? '/usr/bin/git',
  version: '0',
  env: { PATH: '/usr/bin:/bin', HOME: '/tmp' },
  ownSecrets: [],
  logger: silentLogger,
  onReady: () => undefined,
  onLandingStep: (step) => {
    if (stopAt?.step !== step || hasStopped) return;
    hasStopped = true;
    process.kill(process.pid, stopAt.signal);
  },
}).run();
