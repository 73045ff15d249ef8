import type { FaultKind } from './fault-kinds.ts';

/** What an agent's program does in one attempt; it is handed over as the task's description. */
export interface AgentPlan {
  /** Lines on standard output and standard error together. */
  lines: number;
  /** Lines put into one write. */
  linesAWrite: number;
  /** Pause between two writes. */
  everyMs: number;
  /** Every n-th line goes to standard error; 0: none. */
  stderrEvery: number;
  /** Every n-th line is longer than a stored line may be; 0: none. */
  longEvery: number;
  /** Files it writes; none means that it changes nothing. */
  files: number;
  /** Commits its files itself, as many agents do. */
  commits: boolean;
  /** How many attempts end with exit code 3 before one ends well. */
  failures: number;
  onTerm: 'obey' | 'clean_up' | 'ignore';
  /** Leaves a process behind that has a session of its own and nothing in its environment. */
  leavesDaemon: boolean;
}

/** What a person does with a task, beside waiting. */
export interface TaskPlan {
  /** When it is created, from the beginning of the schedule. */
  atMs: number;
  agent: AgentPlan;
  /** What is done when it needs review. */
  review: 'approve' | 'send_back_first' | 'leave';
  /** How long the person looks at it before. */
  reviewAfterMs: number;
  /** Canceled at this time, whatever it is doing; null: not at all. */
  cancelAtMs: number | null;
  /** Canceled so long after its merge was asked for; null: not at all. */
  cancelAfterApprovalMs: number | null;
  /** The run that works then is stopped, and its task put back; null: not at all. */
  stopAtMs: number | null;
}

/** A moment of the schedule: a time, or so long after something has happened for the n-th time (from 1). */
export type Moment =
  { atMs: number } | { on: 'run_started' | 'run_streaming' | 'merge_started'; nth: number; afterMs: number };

export interface PlannedFault {
  kind: FaultKind;
  when: Moment;
  /** How long it lasts; for a killed process, how long nobody starts it again. */
  durationMs: number;
  /** Chooses among what there is at that moment: which runner, which connection, which agent. */
  target: number;
  /** Seeds what the fault itself decides, such as the place where a body is cut. */
  detail: number;
}

/** Everything that is decided before a schedule begins. */
export interface Schedule {
  seed: number;
  apis: number;
  runners: number;
  viewers: number;
  /** When the project is archived; null: not at all. */
  archiveAtMs: number | null;
  tasks: TaskPlan[];
  faults: PlannedFault[];
}
