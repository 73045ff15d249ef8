import type { ControlPlane, RefusedError } from '../control-plane/control-plane.ts';
import type { Leftovers } from '../leftovers.ts';
import type { Logger } from '../logger.ts';
import type { Cgroups } from './cgroups.ts';
import type { PolicySearch } from './check-run-spec.ts';
import type { DiskReserve } from './disk-reserve.ts';
import type { Git } from './git.ts';
import type { KeeperPool } from './keeper-pool.ts';
import type { LandingStep } from './landing-order.ts';
import type { RunnerPolicy } from './policy.ts';
import type { Sandbox } from './sandbox.ts';

/** What a run needs of the runner it is on. */
export interface RunHost {
  runnerName: string;
  runnerFolder: string;
  /** What the owner of this machine allows now: it may change while a run goes on. */
  readonly policy: RunnerPolicy;
  readonly search: PolicySearch;
  env: Readonly<Record<string, string | undefined>>;
  /** Masked in every log besides the policy's secrets: the runner's own token. */
  ownSecrets: readonly string[];
  git: Git;
  keepers: KeeperPool;
  sandbox: Sandbox;
  /** Null: limits hold for each process alone. */
  cgroups: Cgroups | null;
  /** Of this machine, never shown to a run: the product's own data. */
  hiddenPaths: readonly string[];
  controlPlane: ControlPlane;
  /** Room on the disk for the ends of runs. */
  reserve: DiskReserve;
  /** Where folders go that can not be removed, or that are kept. */
  leftovers: Leftovers;
  /** The control plane does not know our token any more. */
  onTokenRefused: (error: RefusedError) => void;
  logger: Logger;
  /** For tests that stop or kill the runner between two steps of a merge. */
  onLandingStep?: ((step: LandingStep) => void) | undefined;
  /** For tests that do not wait as long for a Git that can not be asked. */
  answerPatienceMs?: number | undefined;
}
