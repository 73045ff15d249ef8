import type { RunSpec } from '#contract/run-spec.ts';
import { isAbsolute, join } from 'node:path';
import { writeMark } from '../logs/marks.ts';
import { pathFoldersFor } from './executables.ts';
import { homePathsFor } from './home-paths.ts';
import { noteSettings } from './home-settings.ts';
import type { KeeperCommand } from './keeper-protocol.ts';
import type { ProcessLimits, SandboxCommand } from './launch-order.ts';
import { RunFailure } from './outcome.ts';
import type { RunHost } from './run-host.ts';
import type { SandboxOrder } from './sandbox-mounts.ts';
import { makeSessionFolders } from './session-folders.ts';
import { findToolFolders } from './tool-folders.ts';

export interface SandboxPlan {
  /** A line for the run's log: what people must know about this run's sandbox, or that it has none. */
  note: string | null;
  /** Called right before the programs begin. @param runFolder where what is noted of the home's settings is kept, and what there is to say */
  commandFor(places: Pick<SandboxOrder, 'writable' | 'readable' | 'cwd'>, runFolder: string): SandboxCommand | null;
}

type Host = Pick<RunHost, 'sandbox' | 'policy' | 'search' | 'env' | 'runnerFolder' | 'runnerName' | 'hiddenPaths'>;

/**
 * Decides how a run is kept apart from the rest of this machine, before anything of it is made.
 * @throws RunFailure not_sandboxed when the policy wants a sandbox and none works, command_refused for what of the home may not be shown
 */
export function planSandbox(host: Host, spec: RunSpec, commands: readonly KeeperCommand[]): SandboxPlan {
  const { policy, sandbox, runnerFolder, runnerName } = host;
  const { mode, network } = policy.sandbox;
  const why = sandbox.whyNot(mode);
  if (why !== null) {
    if (mode === 'required') {
      throw new RunFailure(
        'not_sandboxed',
        `Runner ${runnerName} runs nothing without a sandbox, and none works on it: ${why}. Make bubblewrap work there, or set "sandbox": { "mode": "auto" } in ${join(runnerFolder, 'policy.json')}`,
      );
    }
    const open =
      spec.sandbox.network && network ? '' : '. The network, which this run was to do without, is not kept from it';
    return { note: `Not sandboxed: ${why}${open}`, commandFor: () => null };
  }
  const homePaths = homePathsFor(
    { asked: spec.sandbox.homePaths, programs: [...spec.setup, ...spec.commands].map(([name = '']) => name) },
    policy,
    runnerName,
  );
  const pathFolders = pathFoldersFor(spec, host.search);
  const home = host.env.HOME ?? null;
  const writtenByAgents = [
    ...(home === null ? [] : policy.sandbox.writableHomePaths.map((path) => join(home, path))),
    ...policy.sandbox.writablePaths,
  ];
  return {
    note:
      spec.sandbox.network && !network
        ? `No network: the policy of runner ${runnerName} keeps it from every run`
        : null,
    commandFor: (places, runFolder) => {
      makeSessionFolders({ home, homePaths, writtenByAgents }, (text) => writeMark(runFolder, text));
      noteSettings(runFolder, { home, homePaths, writtenByAgents });
      return sandbox.commandFor(
        {
          cwd: places.cwd,
          writable: [...policy.sandbox.writablePaths, ...places.writable],
          readable: [
            ...findToolFolders({
              pathFolders,
              files: programFiles(policy, commands),
              apart: [...(home === null ? [] : [home]), runnerFolder, ...host.hiddenPaths, ...policy.roots],
              writtenByAgents,
            }),
            ...policy.sandbox.readablePaths,
            ...places.readable,
          ],
          hidden: [runnerFolder, ...host.hiddenPaths],
          home,
          homePaths,
          writtenByAgents,
          network: spec.sandbox.network && network,
        },
        mode,
      );
    },
  };
}

/** Programs of this run, and the scripts that the policy puts into its programs' arguments. */
function programFiles({ executables }: RunHost['policy'], commands: readonly KeeperCommand[]): string[] {
  return [
    ...commands.map(({ file }) => file),
    ...Object.values(executables).flatMap(({ path, args }) => [
      ...(path === undefined ? [] : [path]),
      ...args.filter(isAbsolute),
    ]),
  ];
}

/** A cgroup, where that is possible, for a run that has limits, or has no sandbox in which all its processes are found. */
export function cgroupFor(
  { cgroups }: Pick<RunHost, 'cgroups'>,
  runId: string,
  limits: ProcessLimits,
  isSandboxed: boolean,
): string | null {
  const hasLimits = limits.maxMemoryBytes !== null || limits.maxProcesses !== null || limits.maxCpus !== null;
  return hasLimits || !isSandboxed ? (cgroups?.make(runId, limits) ?? null) : null;
}
