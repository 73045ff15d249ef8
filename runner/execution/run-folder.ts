import { RUN_REASONS, TERMINAL_RUN_STATUSES } from '#contract/enums.ts';
import { RunResult } from '#contract/run-result.ts';
import { RunSpec } from '#contract/run-spec.ts';
import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { ArtifactFile } from '../control-plane/control-plane.ts';
import { createSpools } from '../logs/marks.ts';
import { readJson, writeJson } from './write-json.ts';
import { Workspace } from './workspace-record.ts';

const ClaimNote = z.object({ claimId: z.string() });
const KeeperPlace = z.object({ socketPath: z.string() });

const Status = z.object({
  phase: z.enum(['starting', 'running', 'ended']), commandIndex: z.int(), pid: z.int().nullable(), pidStartTicks: z.number().nullable(), startedAt: z.string(),
  exitCode: z.int().nullable(), signal: z.string().nullable(), wallSeconds: z.number().nullable(), cpuSeconds: z.number().nullable(), peakMemoryBytes: z.number().nullable(),
  outcome: z.object({ status: z.enum(TERMINAL_RUN_STATUSES), reason: z.enum(RUN_REASONS), message: z.string() }).nullable(),
});

const Ending = z.object({
  result: RunResult,
  artifacts: z.array(z.object({ kind: z.enum(['diff', 'patch', 'report', 'test_results', 'screenshot']), name: z.string(), mediaType: z.string(), file: z.string(), metadata: z.record(z.string(), z.number()).optional() })),
});
/** How a run ended, decided once: whoever reads it only has to tell the control plane. */
export interface Ending {
  result: RunResult;
  artifacts: ArtifactFile[];
}

/** The files of one run on this machine; a restarted runner finds everything it needs in here. */
export class RunFolder {
  constructor(readonly path: string) {}

  /** Makes the folder. The spec in it holds the lease's token: only our user can read it. It comes last, and makes the folder whole. */
  create(spec: RunSpec, claimId: string): void {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    createSpools(this.path);
    writeJson(this.file('claim.json'), { claimId });
    writeJson(this.file('spec.json'), spec);
  }

  /** Under which id the run was claimed. */
  get claimId(): string | null {
    return ClaimNote.nullable().parse(readJson(this.file('claim.json')))?.claimId ?? null;
  }

  /** @returns null when the folder was not made to the end */
  get spec(): RunSpec | null {
    return RunSpec.nullable().parse(readJson(this.file('spec.json')));
  }

  get workspace(): Workspace | null {
    return Workspace.nullable().parse(readJson(this.file('workspace.json')));
  }

  get keeperSocket(): string | null {
    return KeeperPlace.nullable().parse(readJson(this.file('keeper.json')))?.socketPath ?? null;
  }

  set keeperSocket(socketPath: string) {
    writeJson(this.file('keeper.json'), { socketPath });
  }

  get status(): z.infer<typeof Status> | null {
    return Status.nullable().parse(readJson(this.file('status.json')));
  }

  get ending(): Ending | null {
    return Ending.nullable().parse(readJson(this.file('ending.json')));
  }

  set ending(ending: Ending) {
    writeJson(this.file('ending.json'), ending);
  }

  file(name: 'claim.json' | 'spec.json' | 'workspace.json' | 'keeper.json' | 'status.json' | 'ending.json' | 'merge.json' | 'landing' | 'changes.diff' | 'report.md' | 'artifacts'): string {
    return join(this.path, name);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Folders of runs that an earlier runner left, oldest first: the ids sort by time. */
export function listRunFolders(runsFolder: string): RunFolder[] {
  if (!lstatSync(runsFolder, { throwIfNoEntry: false })) return [];
  return readdirSync(runsFolder).sort().map((name) => new RunFolder(join(runsFolder, name)));
}
