import { setTimeout as sleep } from 'node:timers/promises';
import type { Moment } from '../schedule/schedule.ts';
import type { Services } from '../system/services.ts';

const LOOK_MS = 40;

export interface SeenRun {
  id: string;
  task_id: string;
  kind: string;
  status: string;
  line_count: number;
  /** The runner's name. */
  runner: string | null;
}

export interface SeenTask {
  id: string;
  title: string;
  status: string;
  held_by: string | null;
}

export const isLive = ({ status }: Pick<SeenRun, 'status'>): boolean =>
  ['pending', 'started', 'streaming'].includes(status);

/** Looks into the rows of one project again and again, past all faults: when to strike, and when everything is over. */
export class Observer {
  runs: SeenRun[] = [];
  tasks: SeenTask[] = [];
  isArchived = false;
  private isStopped = false;
  private readonly looking: Promise<void>;

  constructor(
    private readonly services: Services,
    private readonly projectId: string,
  ) {
    this.looking = this.look();
  }

  /** Resolves when the condition holds. @returns false when it was not so within the time, or the schedule has ended */
  async until(condition: () => boolean, forMs: number, signal?: AbortSignal): Promise<boolean> {
    const endMs = performance.now() + forMs;
    while (!condition()) {
      if (performance.now() > endMs || this.isStopped || signal?.aborted) return false;
      await sleep(LOOK_MS / 2);
    }
    return true;
  }

  has(moment: Extract<Moment, { on: string }>): boolean {
    const matching = {
      run_started: this.runs.filter(({ kind, status }) => kind === 'task' && status !== 'pending'),
      run_streaming: this.runs.filter(
        ({ kind, status, line_count: lines }) => kind === 'task' && (status === 'streaming' || lines > 0),
      ),
      merge_started: this.runs.filter(({ kind, status }) => kind === 'merge' && status !== 'pending'),
    };
    return matching[moment.on].length >= moment.nth;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.looking;
  }

  private async look(): Promise<void> {
    while (!this.isStopped) {
      const [found] = await this.services.read<{
        is_archived: boolean;
        runs: SeenRun[] | null;
        tasks: SeenTask[] | null;
      }>(
        `select (select status = 'archived' from projects where id = $1) as is_archived,
                (select json_agg(r order by r.id) from (select id, task_id, kind, status, line_count, (select name from runners where id = runner_id) as runner from agent_runs where project_id = $1) r) as runs,
                (select json_agg(t order by t.id) from (select id, title, status, held_by from tasks where project_id = $1) t) as tasks`,
        [this.projectId],
      );
      this.runs = found?.runs ?? [];
      this.tasks = found?.tasks ?? [];
      this.isArchived = found?.is_archived ?? false;
      await sleep(LOOK_MS);
    }
  }
}
