import type { FaultKind } from '../schedule/fault-kinds.ts';
import { seededRandom, type Random } from '../schedule/random.ts';
import type { PlannedFault } from '../schedule/schedule.ts';
import type { System } from '../system/system.ts';

/** Where a fault is let loose. */
export interface Scene {
  system: System;
  /** The project's runs at the moment. */
  runIds: () => ReadonlySet<string>;
  runnerOf: (runId: string) => string | null;
}

/** What a fault did, when. */
export interface AppliedFault {
  kind: FaultKind;
  /** What was hit, in words; null: there was nothing of the kind at that moment. */
  hit: string | null;
  /** Runs whose own processes were hit. */
  runIds: string[];
  fromMs: number;
  toMs: number;
}

/** The clock that agents' journals are written by, too. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** What a fault hit. */
export type Hit = Pick<AppliedFault, 'hit' | 'runIds'>;
export const hitOf = (hit: string | null | undefined, runIds: string[] = []): Hit => ({ hit: hit ?? null, runIds });

/** Numbers of its own for what a fault decides by itself. */
export const randomOf = ({ detail }: PlannedFault): Random => seededRandom(detail);
