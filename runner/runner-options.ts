import type { ControlPlane } from './control-plane/control-plane.ts';
import type { LandingStep } from './execution/landing-order.ts';
import type { PolicySource } from './execution/policies.ts';
import type { Logger } from './logger.ts';

/** What a runner is given by whoever starts it. */
export interface RunnerOptions {
  /** The runner's own folder: token, policy, runs, tasks' folders. */
  folder: string;
  /** What the owner of this machine allows. The runner closes it. */
  policies: PolicySource;
  controlPlane: ControlPlane;
  /** Arguments for node that start a keeper. */
  keeperArgs: readonly string[];
  /** Absolute path of git. */
  gitFile: string;
  version: string;
  /** bubblewrap, where the set-up has put it; null or absent: it is looked for on the PATH. */
  sandboxFile?: string | null;
  /** Of this machine, never shown to a run: the product's own data. */
  hiddenPaths?: readonly string[];
  /** The runner's own environment: PATH, and what the policy lets agents have. */
  env: Readonly<Record<string, string | undefined>>;
  ownSecrets: readonly string[];
  logger: Logger;
  /** Called when the runner is registered and hears commands. */
  onReady: (name: string) => void;
  /** For tests that stop or kill the runner between two steps of a merge. */
  onLandingStep?: (step: LandingStep) => void;
  /** For tests that do not wait as long for a Git that can not be asked. */
  answerPatienceMs?: number;
}
