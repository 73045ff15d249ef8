import { MAX_WORK_FOLDERS, type WorkFolderFacts, type WorkFolderReport } from '#contract/repositories.ts';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { RefusedError, TransientError, type ControlPlane } from '../control-plane/control-plane.ts';
import type { RunnerPolicy } from '../execution/policy.ts';
import type { Logger } from '../logger.ts';
import { asLine } from '../repositories/read-repository.ts';
import { LEDGER_FOLDER, readFolderRecord, WORK_FOLDER, type FolderRecord } from '../execution/workspace-record.ts';
import { measureFolder } from './measure.ts';
import { chooseRemovals } from './removal-rule.ts';
import { UndeletableError } from './remove-folder.ts';

/** Nothing changes in a folder but by a run, so a size is measured again after one, and now and then in case. */
const REMEASURE_MS = 3_600_000;
const SWEEP_MS = 10 * 60_000;
const MAX_SENTENCE_CHARS = 1_000;

export interface LedgerHost {
  /** The runner's own folder. */
  folder: string;
  policy: RunnerPolicy;
  controlPlane: ControlPlane;
  logger: Logger;
  /** Does a run of this task work here now? */
  isLive: (taskId: string) => boolean;
  /** Removes the folder and everything of ours that belongs to it. @throws UndeletableError */
  remove: (record: FolderRecord) => Promise<void>;
}

/**
 * The ledger of the tasks' folders: tells the server of them, hears which tasks are over, and removes what the policy's
 * rule lets go. One sweep at a time; what can not be removed is said, and tried again at the next one.
 */
export class Ledger {
  private readonly sizes = new Map<string, { bytes: number; lastUsedAt: string; measuredMs: number }>();
  private readonly problems = new Map<string, string>();
  private timer: NodeJS.Timeout | null = null;
  private work: Promise<void> = Promise.resolve();
  private isSweepWanted = false;

  constructor(private readonly host: LedgerHost) {}

  /** Sweeps now and then, from now on. */
  start(): void {
    this.timer = setInterval(() => this.soon(), SWEEP_MS).unref();
    this.soon();
  }

  /** What is being removed goes on at the next start, if it does not end before this process does. */
  stop(): void {
    if (this.timer) clearInterval(this.timer);
  }

  /** Resolves when everything that was asked for so far is done. */
  async idle(): Promise<void> {
    await this.work;
  }

  /** After a run has ended, or at the start: a sweep that is not waited for. */
  soon(): void {
    if (this.isSweepWanted) return;
    this.isSweepWanted = true;
    this.enqueue(async () => {
      this.isSweepWanted = false;
      await this.sweep();
    });
  }

  /** Removes one folder because somebody wants it, unless a run works in it; answers with all there are. */
  removeNow(name: string, requestId: string): void {
    this.enqueue(async () => {
      const record = this.records().find((each) => each.name === name);
      if (record && this.host.isLive(record.taskId)) this.problems.set(name, 'a run works in it');
      else if (record) await this.remove(record);
      await this.report(requestId);
    });
  }

  /** Whatever happens in here, the runner goes on. */
  private enqueue(step: () => Promise<void>): void {
    this.work = this.work.then(step).catch((error: unknown) => {
      const isAway = error instanceof TransientError;
      this.host.logger[isAway ? 'info' : 'error'](
        { err: error },
        isAway
          ? 'work folders were not told of: the control plane is away'
          : 'the work folders could not be looked after; trying again later',
      );
    });
  }

  private async sweep(): Promise<void> {
    const { policy, isLive } = this.host;
    const records = this.records();
    const verdicts = await this.report(null, records);
    const measured = records.map((record) => ({
      name: record.name,
      sizeBytes: this.sizes.get(record.name)?.bytes ?? 0,
      lastUsedMs: Date.parse(record.lastUsedAt) || 0,
      isLive: isLive(record.taskId),
      isRemoving: record.state === 'removing',
    }));
    const names = chooseRemovals(measured, verdicts, policy.workFolders);
    for (const name of names) {
      const record = records.find((each) => each.name === name);
      // A run may have begun since the server was told, and may even have ended: then the next sweep decides.
      if (record && !isLive(record.taskId) && this.isAsTold(record)) await this.remove(record);
    }
    if (names.length > 0) await this.report(null);
  }

  private isAsTold({ name, lastRunId, lastUsedAt }: FolderRecord): boolean {
    const now = readFolderRecord(this.host.folder, name);
    return now?.lastRunId === lastRunId && now.lastUsedAt === lastUsedAt;
  }

  private async remove(record: FolderRecord): Promise<void> {
    const { logger } = this.host;
    try {
      await this.host.remove(record);
      this.problems.delete(record.name);
      this.sizes.delete(record.name);
      logger.info({ folder: record.name, taskId: record.taskId }, 'removed a work folder');
    } catch (error) {
      const why =
        error instanceof UndeletableError
          ? error.message
          : `an unexpected error: ${error instanceof Error ? error.message : String(error)}`;
      this.problems.set(record.name, why);
      logger.warn({ folder: record.name, why, err: error }, 'a work folder could not be removed; trying again later');
    }
  }

  private async report(
    requestId: string | null,
    records = this.records(),
  ): Promise<Awaited<ReturnType<ControlPlane['reportWorkFolders']>>> {
    const folders: WorkFolderReport['folders'] = [];
    for (const record of records.slice(0, MAX_WORK_FOLDERS))
      folders.push({ name: record.name, taskId: record.taskId, facts: await this.factsOf(record) });
    try {
      return await this.host.controlPlane.reportWorkFolders({ folders }, requestId);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      this.host.logger.error({ err: error }, 'the control plane refuses what it is told of the work folders');
      return [];
    }
  }

  private async factsOf(record: FolderRecord): Promise<WorkFolderFacts> {
    const problem = this.problems.get(record.name) ?? null;
    return {
      root: record.root,
      subfolder: record.subfolder,
      branch: record.branch,
      baseBranch: record.baseBranch,
      attempts: record.attempts,
      sizeBytes: await this.sizeOf(record),
      createdAt: asTime(record.createdAt),
      lastUsedAt: asTime(record.lastUsedAt),
      state: record.state,
      keptWhy: record.keptWhy === null ? null : asLine(record.keptWhy, MAX_SENTENCE_CHARS),
      problem: problem === null ? null : asLine(problem, MAX_SENTENCE_CHARS),
    };
  }

  private async sizeOf({ name, lastUsedAt }: FolderRecord): Promise<number> {
    const known = this.sizes.get(name);
    if (known?.lastUsedAt === lastUsedAt && performance.now() - known.measuredMs < REMEASURE_MS) return known.bytes;
    const bytes =
      (await measureFolder(join(this.host.folder, WORK_FOLDER, name))) +
      (await measureFolder(join(this.host.folder, LEDGER_FOLDER, name)));
    this.sizes.set(name, { bytes, lastUsedAt, measuredMs: performance.now() });
    return bytes;
  }

  /** The folders that we have a readable record of. Another one is left alone, and said. */
  private records(): FolderRecord[] {
    const { folder } = this.host;
    return names(join(folder, LEDGER_FOLDER)).flatMap((name) => {
      const record = readFolderRecord(folder, name);
      if (record) return [record];
      this.host.logger.warn({ folder: name }, 'a work folder has no readable record and is left alone');
      return [];
    });
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

const asTime = (text: string): string => new Date(Date.parse(text) || 0).toISOString();
