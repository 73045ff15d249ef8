import { RUN_REASONS, TERMINAL_RUN_STATUSES } from '#contract/enums.ts';
import { RunResult } from '#contract/run-result.ts';
import { RunSpec } from '#contract/run-spec.ts';
import { lstatSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { ArtifactFile } from '../control-plane/control-plane.ts';
import { createSpools } from '../logs/marks.ts';
import { SPOOL_FILES } from '../logs/spool-files.ts';
import { readJson, writeJson } from './write-json.ts';
import { Workspace } from './workspace-record.ts';

const ClaimNote = z.object({ claimId: z.string() });
/** Its process is not known where an earlier version wrote it down. */
const KeeperPlace = z.object({ socketPath: z.string(), pid: z.int().nullable().default(null) });

const Status = z.object({
  phase: z.enum(['starting', 'running', 'ended']),
  commandIndex: z.int(),
  agentOutputFrom: z.tuple([z.int().min(0), z.int().min(0)]).optional(),
  pid: z.int().nullable(),
  pidStartTicks: z.number().nullable(),
  startedAt: z.string(),
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  wallSeconds: z.number().nullable(),
  cpuSeconds: z.number().nullable(),
  peakMemoryBytes: z.number().nullable(),
  outcome: z
    .object({ status: z.enum(TERMINAL_RUN_STATUSES), reason: z.enum(RUN_REASONS), message: z.string() })
    .nullable(),
});

const Ending = z.object({
  result: RunResult,
  artifacts: z.array(
    z.object({
      kind: z.enum(['diff', 'patch', 'report', 'test_results', 'screenshot']),
      name: z.string(),
      mediaType: z.string(),
      file: z.string(),
      metadata: z.record(z.string(), z.number()).optional(),
    }),
  ),
});
/** How a run ended, decided once: whoever reads it only has to tell the control plane. */
export interface Ending {
  result: RunResult;
  artifacts: ArtifactFile[];
}

type RunFile =
  | 'claim.json'
  | 'spec.json'
  | 'workspace.json'
  | 'keeper.json'
  | 'status.json'
  | 'ending.json'
  | 'merge.json'
  | 'landing'
  | 'changes.diff'
  | 'report.md'
  | 'artifacts';

/** A file of ours is not what we write: cut off by a crash, changed by somebody, or of another version. */
export class UnreadableFileError extends Error {
  override readonly name = 'UnreadableFileError';
  constructor(
    readonly path: string,
    cause: unknown,
  ) {
    super(
      `${path} is not readable: ${cause instanceof z.ZodError ? z.prettifyError(cause).split('\n')[0] : cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

const RUN_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Enough of a spec to give a run back whose spec can not be read. */
const LEASE_TOKEN = /"lease":\{"token":"([^"\\]{1,200})"/;

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
    return this.read('claim.json', ClaimNote)?.claimId ?? null;
  }

  /** @returns null when the folder was not made to the end */
  get spec(): RunSpec | null {
    return this.read('spec.json', RunSpec);
  }

  get workspace(): Workspace | null {
    return this.read('workspace.json', Workspace);
  }

  /** Null: the run was given to no keeper. */
  get keeper(): z.infer<typeof KeeperPlace> | null {
    return this.read('keeper.json', KeeperPlace);
  }

  set keeper({ socketPath, pid }: z.infer<typeof KeeperPlace>) {
    writeJson(this.file('keeper.json'), { socketPath, pid });
  }

  get status(): z.infer<typeof Status> | null {
    return this.read('status.json', Status);
  }

  get ending(): Ending | null {
    return this.read('ending.json', Ending);
  }

  set ending(ending: Ending) {
    writeJson(this.file('ending.json'), ending);
  }

  file(name: RunFile): string {
    return join(this.path, name);
  }

  /** Which run it is, by its name. */
  get runId(): string {
    return basename(this.path);
  }

  /** The lease's token, from whatever is left of the spec; null: not found. */
  findLeaseToken(): string | null {
    try {
      return LEASE_TOKEN.exec(readFileSync(this.file('spec.json'), 'utf8'))?.[1] ?? null;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      return null;
    }
  }

  /** Whether anything of the run is in here that somebody may want to see: it was more than prepared. */
  get hasOutput(): boolean {
    return Object.values(SPOOL_FILES).some(
      (name) => (statSync(join(this.path, name), { throwIfNoEntry: false })?.size ?? 0) > 0,
    );
  }

  private read<T>(name: RunFile, schema: z.ZodType<T>): T | null {
    try {
      return schema.nullable().parse(readJson(this.file(name)));
    } catch (error) {
      throw new UnreadableFileError(this.file(name), error);
    }
  }
}

/** Folders of runs that an earlier runner left, oldest first: the ids sort by time. */
export function listRunFolders(runsFolder: string): RunFolder[] {
  if (!lstatSync(runsFolder, { throwIfNoEntry: false })) return [];
  // Whatever else is in there (a disk's lost+found, somebody's file) is not ours.
  const names = readdirSync(runsFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && RUN_ID.test(entry.name))
    .map(({ name }) => name);
  return names.sort().map((name) => new RunFolder(join(runsFolder, name)));
}
