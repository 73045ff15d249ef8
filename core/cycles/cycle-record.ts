import { cycleCompleted, cyclePhase, cycleStarted } from '#core/events/catalogue.ts';
import { envelope, pendingEvent } from '#core/events/outbox.ts';
import type { PendingEvent } from '#core/events/outbox.ts';
import type { Core } from '#core/platform/core.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { CyclePhase, OrchestratorCycle } from '#prisma/generated/client/client.ts';

/**
 * How far a cycle is, and when it came there. Whoever watches is told of each phase at once; the row is written where
 * the work may take long, and at the end.
 */
export class CycleRecord {
  private phase: CyclePhase = 'started';
  private readonly times: Partial<Record<CyclePhase, string>> = {};
  private readonly counts: Record<string, number> = {};
  private readonly takenAtMs = performance.now();

  constructor(
    private readonly core: Core,
    private readonly cycle: Pick<OrchestratorCycle, 'id' | 'projectId' | 'mode' | 'cause'> & { takenAt: Date },
  ) {}

  reach(phase: CyclePhase, counts: Record<string, number> = {}): void {
    this.phase = phase;
    this.times[phase] = this.now().toISOString();
    Object.assign(this.counts, counts);
    const { id: entityId, projectId, mode, cause } = this.cycle;
    const event: PendingEvent =
      phase === 'started'
        ? pendingEvent(cycleStarted, { projectId, entityId, patch: { mode, phase, cause } })
        : pendingEvent(cyclePhase, { projectId, entityId, patch: { mode, phase } });
    this.core.bus.publishEvents([envelope(event, this.now(), null)]);
  }

  /** For whoever opens the page meanwhile. */
  async save(): Promise<void> {
    await this.core.db.orchestratorCycle.updateMany({
      where: { id: this.cycle.id },
      data: { phase: this.phase, phaseTimes: { ...this.times }, counts: { ...this.counts } },
    });
  }

  async finish(tx: Tx, status: 'completed' | 'failed', error: string | null): Promise<void> {
    const { id, projectId, mode } = this.cycle;
    const finishedAt = this.now();
    if (status === 'completed') {
      this.phase = 'completed';
      this.times.completed = finishedAt.toISOString();
    }
    await tx.db.orchestratorCycle.updateMany({
      where: { id },
      data: {
        status,
        error,
        finishedAt,
        phase: this.phase,
        phaseTimes: { ...this.times },
        counts: { ...this.counts },
      },
    });
    const patch = { mode, status, counts: { ...this.counts }, error };
    tx.emit(cycleCompleted, { projectId, entityId: id, patch });
  }

  /** By the database's clock, from when the cycle was taken: this machine's may jump. */
  private now(): Date {
    return new Date(Math.floor(this.cycle.takenAt.getTime() + performance.now() - this.takenAtMs));
  }
}
