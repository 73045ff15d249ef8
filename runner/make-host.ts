import type { RefusedError } from './control-plane/control-plane.ts';
import { Cgroups } from './execution/cgroups.ts';
import { DiskReserve } from './execution/disk-reserve.ts';
import { Git } from './execution/git.ts';
import type { KeeperPool } from './execution/keeper-pool.ts';
import type { RunHost } from './execution/run-host.ts';
import { Sandbox } from './execution/sandbox.ts';
import type { Leftovers } from './leftovers.ts';
import type { RunnerOptions } from './runner-options.ts';

const NO_CGROUPS = 'limits of memory and processes hold for each process of a run, not for all together';

/** What holds runs in on this machine. */
export interface Confinement {
  sandbox: Sandbox;
  /** Null: limits hold for each process alone. */
  cgroups: Cgroups | null;
}

/** Looks what this machine has to hold runs in, and says what it has not. */
export async function openConfinement(options: RunnerOptions): Promise<Confinement> {
  const { logger, policies, sandboxFile, env } = options;
  const sandbox = await Sandbox.open({ file: sandboxFile ?? null, searchPath: env.PATH ?? '' });
  const whyNot = sandbox.whyNot(policies.current().sandbox.mode);
  if (whyNot === null) logger.info({}, 'agents are sandboxed');
  else logger.warn({}, `agents are not sandboxed: ${whyNot}`);
  const { cgroups, why } = Cgroups.open();
  if (cgroups === null) logger.info({ why }, NO_CGROUPS);
  return { sandbox, cgroups };
}

/** What the parts of the runner itself have made, for its runs to use. */
export interface HostParts extends Confinement {
  /** As the control plane calls it. */
  runnerName: string;
  /** Links followed. */
  runnerFolder: string;
  leftovers: Leftovers;
  keepers: KeeperPool;
  onTokenRefused: (error: RefusedError) => void;
}

/** Puts together what every run needs of its runner. The policy in it is always the one of now. */
export function makeHost(options: RunnerOptions, parts: HostParts): RunHost {
  const {
    policies,
    env,
    ownSecrets,
    controlPlane,
    logger,
    gitFile,
    onLandingStep,
    answerPatienceMs,
    hiddenPaths = [],
  } = options;
  const { runnerFolder, runnerName } = parts;
  const searchPath = env.PATH ?? '';
  return {
    ...parts,
    env,
    ownSecrets,
    controlPlane,
    logger,
    hiddenPaths,
    onLandingStep,
    answerPatienceMs,
    git: new Git(gitFile, searchPath),
    reserve: new DiskReserve(runnerFolder, logger),
    get policy() {
      return policies.current();
    },
    get search() {
      const policyTrouble = policies.trouble()?.message ?? null;
      return { policy: policies.current(), policyTrouble, searchPath, runnerFolder, runnerName };
    },
  };
}
