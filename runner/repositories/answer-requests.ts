import { RefusedError, TransientError, type ControlPlane, type RunnerRequest } from '../control-plane/control-plane.ts';
import { retrying } from '../control-plane/retry.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { checkRepositoryPath } from './check.ts';
import { discoverRepositories } from './discover.ts';
import { lookForPrograms, type ProgramSearch } from '../programs/look-for-programs.ts';
import type { Machine } from './machine.ts';

export interface RequestHost extends Machine {
  controlPlane: ControlPlane;
  ledger: Ledger;
  signal: AbortSignal;
  search: ProgramSearch['search'];
  env: ProgramSearch['env'];
}

/** Tells of this machine's repositories and agents' programs at the start, and answers what people ask about it. Never throws out of the runner. */
export class RequestAnswers {
  /** Searches come one after the other: each reads the whole of the roots. */
  private searching: Promise<void> = Promise.resolve();
  /** A search that has not begun yet will tell of the repositories. */
  private isToTell = false;
  /** The same of programs. */
  private asking: Promise<void> = Promise.resolve();
  private isToAsk = false;

  constructor(private readonly host: RequestHost) {}

  /** Tells of the repositories as they are from now on, until the control plane has heard it. Not waited for. */
  tellRepositories(): void {
    if (this.isToTell) return;
    this.isToTell = true;
    this.search(null);
  }

  /** Tells of the agents' programs, until the control plane has heard it. Not waited for, and nobody is answered. */
  tellPrograms(): void {
    if (this.isToAsk) return;
    this.isToAsk = true;
    this.asking = this.asking.then(() => this.guard(this.askPrograms()));
  }

  hear(request: RunnerRequest): void {
    if (request.type === 'look') {
      this.search(request.requestId);
      this.tellPrograms();
    }
    if (request.type === 'check') void this.guard(this.check(request.requestId, request.path));
    if (request.type === 'remove_work_folder') this.host.ledger.removeNow(request.name, request.requestId);
  }

  private search(requestId: string | null): void {
    this.searching = this.searching.then(() => this.guard(this.look(requestId)));
  }

  private async look(requestId: string | null): Promise<void> {
    const { controlPlane, signal } = this.host;
    if (signal.aborted) return;
    if (requestId === null) this.isToTell = false;
    const report = await discoverRepositories(this.host);
    await retrying(() => controlPlane.reportRepositories(report, requestId), signal);
  }

  private async askPrograms(): Promise<void> {
    const { controlPlane, signal } = this.host;
    this.isToAsk = false;
    const report = await lookForPrograms(this.host);
    if (!signal.aborted) await retrying(() => controlPlane.reportPrograms(report), signal);
  }

  private async check(requestId: string, path: string): Promise<void> {
    await this.host.controlPlane.answerRepositoryCheck(requestId, await checkRepositoryPath(this.host, path));
  }

  private async guard(work: Promise<void>): Promise<void> {
    const { logger, signal } = this.host;
    await work.catch((error: unknown) => {
      if (signal.aborted) return;
      // Who asked is told that there was no answer in time.
      if (error instanceof TransientError || error instanceof RefusedError)
        logger.warn({ err: error }, 'a question about this machine was not answered');
      else logger.error({ err: error }, 'a question about this machine could not be answered');
    });
  }
}
