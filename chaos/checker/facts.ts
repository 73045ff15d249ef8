import type { LogStream } from '#contract/log-streams.ts';
import type { AppliedFault } from '../faults/hit.ts';
import type { Fall } from '../system/program.ts';
import type { AgentJournal } from '../workload/journal.ts';
import type { RequestRecord } from '../workload/task-script.ts';
import type { ViewerRecord } from '../workload/viewer.ts';

export interface RunFact {
  id: string;
  taskId: string | null;
  kind: string;
  attempt: number;
  status: string;
  reason: string | null;
  message: string | null;
  exitCode: number | null;
  lineCount: number;
  runner: string | null;
  branch: string | null;
  headCommit: string | null;
}

export interface LineFact {
  seq: number;
  stream: LogStream;
  message: string;
  /** Microseconds of the database's clock. */
  atUs: number;
}

export interface TaskFact {
  id: string;
  title: string;
  status: string;
  /** Who stopped it: it waits until somebody starts it. */
  heldBy: string | null;
  /** Every status it has been in, in order. */
  history: string[];
}

export interface EventFact {
  cursor: number;
  type: string;
  entityId: string;
  patch: Record<string, unknown>;
  atUs: number;
}

export interface CommitFact {
  id: string;
  parents: string[];
}

/** The owner's repository as it is in the end. */
export interface GitFact {
  refsBefore: Map<string, string>;
  refsAfter: Map<string, string>;
  /** Commits of the base branch that were made meanwhile, the newest first. */
  baseCommits: CommitFact[];
  /** Head commits of runs that can be reached from the base branch. */
  landed: Set<string>;
  /** Lines of `git status`, the owner's own files left out. */
  statusLines: string[];
  /** What `git fsck` complains of. */
  complaints: string[];
  locks: string[];
  /** Files of the owner's that are in no commit, and changed or gone. */
  lostOwnFiles: string[];
  /** By commit: paths of that commit's tree with the hash of their content. */
  contents: Map<string, Map<string, string>>;
}

/** A process that should not be there. */
export interface SurvivorFact {
  pid: number;
  command: string;
  runId: string | null;
}

/** Everything that is known after a schedule, from every side. */
export interface Facts {
  seed: number;
  /** The machine was so busy with other work that nothing is said about times. */
  isStarved: boolean;
  /** The project was archived meanwhile, and what worked in it stopped. */
  isArchived: boolean;
  /** What was in the way to its end, when there was no end within the time. */
  unsettled: string[];
  faults: AppliedFault[];
  journals: AgentJournal[];
  runs: RunFact[];
  lines: Map<string, LineFact[]>;
  tasks: TaskFact[];
  events: EventFact[];
  viewers: ViewerRecord[];
  requests: RequestRecord[];
  survivors: SurvivorFact[];
  git: GitFact;
  falls: Fall[];
}

export type Rule = 'lines' | 'viewers' | 'endings' | 'attempts' | 'tasks' | 'processes' | 'git' | 'falls';

/** One thing that must never happen, and did. */
export interface Violation {
  rule: Rule;
  what: string;
}
