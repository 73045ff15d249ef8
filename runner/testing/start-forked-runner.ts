import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { FakeControlPlane } from './fake-control-plane.ts';
import type { ForkedAnswer, ForkedCall, ForkedOptions } from './forked-runner.ts';

/**
 * Starts a runner in a process of its own, to be killed or stopped, with a control plane in this one.
 * @param onAnswer is told of each answer before the runner is; false keeps it from ever arriving
 */
export function startForkedRunner(
  runnerFile: string,
  controlPlane: FakeControlPlane,
  options: ForkedOptions,
  onAnswer = (_method: string, _value: unknown, _runner: ChildProcess): boolean => true,
): ChildProcess {
  const child = fork(runnerFile, [JSON.stringify(options)], { execArgv: [] });
  child.on('message', ({ id, method, args }: ForkedCall) => {
    const answer = (part: Omit<ForkedAnswer, 'id'>): void =>
      void (child.connected && child.send({ id, ...part }, () => undefined));
    const call = controlPlane[method as 'claim'] as (...all: unknown[]) => Promise<unknown>;
    // What was called is done, whether or not its caller still lives to hear of it.
    call(...args).then(
      (value) => void (onAnswer(method, value, child) && answer({ value })),
      (error: Error & { expectedSeq?: number }) =>
        answer({ error: { name: error.name, message: error.message, expectedSeq: error.expectedSeq } }),
    );
  });
  return child;
}

/** Whether a process stands still because of SIGSTOP. */
export function isStopped(child: ChildProcess): boolean {
  return / T /.test(readFileSync(`/proc/${child.pid ?? 0}/stat`, 'latin1').replace(/^.*\)/s, ''));
}

export async function endedBy(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once('exit', resolve));
}
