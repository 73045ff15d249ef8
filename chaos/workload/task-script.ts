import { setTimeout as sleep } from 'node:timers/promises';
import type { TaskPlan } from '../schedule/schedule.ts';
import type { Observer, SeenTask } from './observer.ts';
import { isLive } from './observer.ts';
import type { Outcome, Person } from './person.ts';
import type { ChaosProject } from './project.ts';

const RETRY_MS = 300;
const LOOK_MS = 40;
/** A person tries again a few times when a merge did not come about. */
const MAX_APPROVALS = 4;
const UNKNOWN_FOR_MS = 60_000;

export type RequestKind = 'createTask' | 'approveTask' | 'sendBackTask' | 'cancelTask' | 'cancelRun';

/** Something that was asked of the API, and what it answered. */
export interface RequestRecord {
  kind: RequestKind;
  /** The task's title: it is known before its id is. */
  title: string;
  taskId: string | null;
  outcome: Outcome<unknown>['kind'];
  /** The refusal's code. */
  code: string | null;
  /** By the wall clock of this machine, when it was answered. */
  answeredAt: number;
}

const DOCUMENTS: Readonly<Record<RequestKind, string>> = {
  createTask:
    'mutation ($input: CreateTaskInput!) { createTask(input: $input) { ... on CreateTaskPayload { task { id } } ... on UserError { code message } } }',
  approveTask:
    'mutation ($input: ApproveTaskInput!) { approveTask(input: $input) { __typename ... on UserError { code message } } }',
  sendBackTask:
    'mutation ($input: SendBackTaskInput!) { sendBackTask(input: $input) { __typename ... on UserError { code message } } }',
  cancelRun:
    'mutation ($input: CancelRunInput!) { cancelRun(input: $input) { __typename ... on UserError { code message } } }',
  cancelTask:
    'mutation ($input: CancelTaskInput!) { cancelTask(input: $input) { __typename ... on UserError { code message } } }',
};

/** One task's life as its person sees it: creates it, reviews it, cancels it, as planned. */
export class TaskScript {
  readonly requests: RequestRecord[] = [];
  /** Set as soon as it is known. */
  taskId: string | null = null;
  private approvals = 0;
  private isSentBack = false;
  private isReviewing = false;
  private isCancelDue: boolean;
  private isStopDue: boolean;

  constructor(
    private readonly person: Person,
    private readonly observer: Observer,
    private readonly project: ChaosProject,
    private readonly journalPort: number,
    readonly title: string,
    readonly plan: TaskPlan,
  ) {
    this.isCancelDue = plan.cancelAtMs !== null;
    this.isStopDue = plan.stopAtMs !== null;
  }

  /** Goes on until the signal says that the schedule is over. @param startMs on the monotonic clock */
  async run(startMs: number, signal: AbortSignal): Promise<void> {
    await sleep(Math.max(0, startMs + this.plan.atMs - performance.now()));
    await this.create();
    await Promise.all([this.cancelWhenDue(startMs, signal), this.stopWhenDue(startMs, signal), this.review(signal)]);
  }

  /** Whether nothing more will become of it by itself. */
  get isOver(): boolean {
    const task = this.task;
    if (!task) return this.requests.some(({ kind }) => kind === 'createTask');
    if (
      this.isCancelDue ||
      this.isStopDue ||
      this.isReviewing ||
      this.observer.runs.some((run) => run.task_id === task.id && isLive(run))
    )
      return false;
    if (task.status === 'needs_review') return this.isReviewed;
    if (task.status === 'queued') return task.held_by !== null || this.observer.isArchived;
    return task.status !== 'in_progress';
  }

  private get task(): SeenTask | undefined {
    return this.observer.tasks.find(({ title }) => title === this.title);
  }

  private get isReviewed(): boolean {
    return this.plan.review === 'leave' || this.approvals >= MAX_APPROVALS;
  }

  private async create(): Promise<void> {
    const description = JSON.stringify({ journalPort: this.journalPort, name: this.title, plan: this.plan.agent });
    const outcome = await this.ask<{ createTask: { task: { id: string } } }>('createTask', {
      projectId: this.project.id,
      agentId: this.project.agentId,
      title: this.title,
      description,
    });
    if (outcome.kind === 'done') this.taskId = outcome.value.createTask.task.id;
  }

  private async cancelWhenDue(startMs: number, signal: AbortSignal): Promise<void> {
    const { cancelAtMs } = this.plan;
    if (cancelAtMs === null) return;
    await sleep(Math.max(0, startMs + cancelAtMs - performance.now()), undefined, { signal }).catch(() => undefined);
    await this.cancel();
    this.isCancelDue = false;
  }

  private async stopWhenDue(startMs: number, signal: AbortSignal): Promise<void> {
    const { stopAtMs } = this.plan;
    if (stopAtMs === null) return;
    await sleep(Math.max(0, startMs + stopAtMs - performance.now()), undefined, { signal }).catch(() => undefined);
    const run = this.observer.runs.find((each) => each.task_id === this.task?.id && isLive(each));
    // One answer is enough: what is not known to have been stopped may have ended as well.
    if (run) await this.ask('cancelRun', { runId: run.id });
    this.isStopDue = false;
  }

  private async review(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(LOOK_MS);
      const task = this.task;
      this.taskId ??= task?.id ?? null;
      if (
        task?.status !== 'needs_review' ||
        this.isReviewed ||
        this.observer.runs.some((run) => run.task_id === task.id && isLive(run))
      )
        continue;
      this.isReviewing = true;
      await sleep(this.plan.reviewAfterMs + (this.approvals > 0 ? RETRY_MS : 0));
      await this.decide();
      // What was decided shows in the rows a little later.
      await sleep(2 * LOOK_MS);
      this.isReviewing = false;
    }
  }

  private async decide(): Promise<void> {
    if (this.plan.review === 'send_back_first' && !this.isSentBack) {
      this.isSentBack = (await this.insist('sendBackTask', { feedback: 'Once more, please' })) !== 'unknown';
      return;
    }
    this.approvals += 1;
    const outcome = await this.insist('approveTask', {});
    if (outcome !== 'done' || this.plan.cancelAfterApprovalMs === null || this.approvals > 1) return;
    await sleep(this.plan.cancelAfterApprovalMs);
    await this.cancel();
  }

  private async cancel(): Promise<void> {
    if (this.task) await this.insist('cancelTask', {});
  }

  /** Asks again while it is not known what became of it. */
  private async insist(kind: RequestKind, more: Record<string, unknown>): Promise<Outcome<unknown>['kind']> {
    const endMs = performance.now() + UNKNOWN_FOR_MS;
    for (;;) {
      const outcome = await this.ask(kind, { taskId: this.taskId ?? this.task?.id, ...more });
      if (outcome.kind !== 'unknown' || performance.now() > endMs) return outcome.kind;
      await sleep(RETRY_MS);
    }
  }

  private async ask<T>(kind: RequestKind, input: Record<string, unknown>): Promise<Outcome<T>> {
    const outcome = await this.person.ask<T>(DOCUMENTS[kind], { input });
    this.requests.push({
      kind,
      title: this.title,
      taskId: this.taskId ?? this.task?.id ?? null,
      outcome: outcome.kind,
      code: outcome.kind === 'refused' ? outcome.code : null,
      answeredAt: Date.now(),
    });
    return outcome;
  }
}
