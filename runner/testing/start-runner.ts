import type { RunnerOptions } from '../runner-options.ts';
import { Runner } from '../runner.ts';
import { silentLogger } from './silent-logger.ts';

export type TestRunnerOptions = Partial<RunnerOptions> &
  Pick<RunnerOptions, 'folder' | 'policies' | 'controlPlane'> & {
    keeperFile: string;
    /** Hears why the runner gave up. Absent: nobody expects it, and it fails the test. */
    onEnded?: (error: unknown) => void;
  };

/** Starts a runner in this process. `ready` rejects when it gives up before. */
export function startRunner({ keeperFile, onEnded, ...options }: TestRunnerOptions): {
  runner: Runner;
  ready: Promise<void>;
} {
  let onReady = (): void => undefined;
  const heard = new Promise<void>((resolve) => (onReady = resolve));
  const runner = new Runner({
    keeperArgs: [keeperFile],
    gitFile: '/usr/bin/git',
    version: '0',
    ownSecrets: [],
    logger: silentLogger,
    env: { PATH: '/usr/bin:/bin', HOME: '/tmp' },
    onReady,
    ...options,
  });
  const running = runner.run();
  void running.catch((error: unknown) => {
    if (!onEnded) throw error;
    onEnded(error);
  });
  return { runner, ready: Promise.race([heard, running]) };
}
