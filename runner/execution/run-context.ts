import type { RunSpec } from '#contract/run-spec.ts';
import type { Masker } from '../logs/mask.ts';
import type { HeldLease } from './held-lease.ts';
import type { RunFolder } from './run-folder.ts';
import type { RunHost } from './run-host.ts';

/** One run that is under way on this machine, as its parts know it. */
export interface RunContext {
  host: RunHost;
  spec: RunSpec;
  folder: RunFolder;
  held: HeldLease;
  /** For whatever leaves this machine. */
  masker: Masker;
}
